"""Grade a class: one pure step per submission, in as many processes or on as many machines as there are; one writer.

Imports pipeline, judge, course, hashing, plain_text and course_utils.
"""
