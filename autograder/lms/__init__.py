"""How submissions come in from a learning management system, and grades go back; imports pipeline, course."""
