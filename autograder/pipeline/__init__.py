"""The way of a submission, from what a student handed in to feedback; imports topics, judge, course."""
