"""What also runs inside the sandbox: the only files of the judge that student code can read; imports NumPy and IPython."""
