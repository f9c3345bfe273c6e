"""Where gradebooks that were made before look for the hidden checks."""

from autograder.pipeline.hidden_checks import hidden

__all__ = ["hidden"]
