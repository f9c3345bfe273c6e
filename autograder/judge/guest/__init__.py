"""The part of the judge that also runs inside the sandbox: the only files of the judge that student code can read.

It imports nothing but NumPy and IPython: inside the sandbox it is a package of its own, called ``guest``.
"""
