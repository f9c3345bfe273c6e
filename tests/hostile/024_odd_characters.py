"""Case 24: null bytes, lone surrogates, invalid UTF-8, ANSI escapes, marks that turn text around.

expected: double=0 reason="double: ValueError: "
"""

# %% extra
import os
import sys

ODD = "\x00\x1b[2J\x1b]0;title\x07\ud800\udfff\u202e\u2066\r\x08\uffff</script>"
print(ODD)
print(ODD, file=sys.stderr)
os.write(1, b"\xff\xfe\x80")
display({"text/plain": ODD, "text/html": ODD, ODD: ODD}, raw=True)

# %% extra
raise ValueError(ODD)


# %% double
def double(x):
    raise ValueError(ODD)
