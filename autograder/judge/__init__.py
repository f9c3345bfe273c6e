"""The judge: a student's code runs in a sandbox, the checks run outside of it. It knows no exercise."""
