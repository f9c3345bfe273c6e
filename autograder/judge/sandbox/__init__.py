"""The sandbox: run a student's process behind bubblewrap and under limits; imports nothing of the judge but guest."""
