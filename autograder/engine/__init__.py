"""Grade a class: one pure step per submission, on as many processes or machines as there are, and a single writer."""
