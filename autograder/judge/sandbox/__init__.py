"""One process of a student behind bubblewrap and under limits; imports nothing of the judge but guest."""
