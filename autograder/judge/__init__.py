"""The judge: student code runs in a sandbox, and test cells in a trusted process that calls the student's functions.

Between the two lies the border: a channel on which only plain data crosses, as remote procedure calls.

It imports nothing of ``autograder`` but itself, and nothing of ``course_utils``: it grades any nbgrader course whose
test cells call functions that students define.
"""
