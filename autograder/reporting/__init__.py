"""What came of a class, for the instructor; imports pipeline, course."""
