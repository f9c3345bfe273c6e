"""Case 44: an error with the name by which a check asks for a person.

expected: double=0 reason="double: NotGraded: TensorFlow is not installed"
"""


# %% double
class NotGraded(Exception):
    pass


def double(x):
    if x == 2:
        return 4
    raise NotGraded("TensorFlow is not installed where this was graded")
