"""Grading with a sandbox: student code in one process, the checks in another."""
