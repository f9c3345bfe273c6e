"""How submissions come in from a learning management system (LMS: Canvas, Moodle), and how grades go back.

Imports pipeline, course, plain_text and course_utils.
"""
