"""The judge: student code runs in a sandbox, the checks of it in a trusted process that calls across a border.

It imports nothing of ``autograder`` but itself, and nothing of ``course_utils``: it grades any nbgrader course whose
test cells call functions that students define.
"""
