"""The class report for instructors: what a class earned, how hard each exercise was, which answers are alike.

Imports pipeline, course, plain_text and course_utils.
"""
