"""The judge as nbgrader's step: what the sandbox gives, what counts as evidence, and who is to blame."""
