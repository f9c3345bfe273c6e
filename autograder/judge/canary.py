"""Placeholder until the self-test is merged."""


def why_no_sandbox() -> str | None:
    """Give the one-line reason why there is no sandbox here."""
    return None
