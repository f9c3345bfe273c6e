"""The way of a submission from what a student handed in to feedback: intake, restored release, checks, needs a look.

Imports topics, data, judge, course, plain_text and course_utils.
"""
