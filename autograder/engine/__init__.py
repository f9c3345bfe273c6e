"""Grade a class: a pure step per submission, run in parallel processes or on several machines; a single writer.

Imports pipeline, judge, course, hashing, plain_text and course_utils.
"""
