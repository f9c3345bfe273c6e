"""Process a submission: read it, restore the released notebook, check it, flag what needs a look, make feedback.

Imports topics, data, judge, course, plain_text and course_utils.
"""
