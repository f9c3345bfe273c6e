"""Case 4: more cells that end the process than it is started again for.

expected: double=0 square=0 scale=0 twice=0 look=double,square,scale,twice reason="its process ended too often"
"""

# %% extra
import os

os._exit(1)

# %% extra
os.abort() if "os" in dir() else __import__("os").abort()

# %% extra
__import__("os")._exit(2)

# %% extra
__import__("os")._exit(3)

# %% extra
__import__("os")._exit(4)

# %% extra
__import__("os")._exit(5)

# %% extra
__import__("os")._exit(6)
