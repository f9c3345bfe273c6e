"""What runs on both sides of the border; the sandbox holds this folder and nothing else of the autograder."""
