"""Case 37: files that are run at the next start: site-packages, sitecustomize, IPython's start-up, conftest.

expected:
"""

# %% extra
import os
import site
import sys

BAD = "raise SystemExit('shadowed')"
folders = [*site.getsitepackages(), os.path.dirname(os.__file__), os.path.dirname(np.__file__), "/usr/lib/python3", "."]
folders += [os.path.expanduser("~/.ipython/profile_default/startup"), *filter(None, sys.path)]
for folder in folders:
    for name in ("sitecustomize.py", "usercustomize.py", "evil.pth", "00.py", "conftest.py", "numpy.py", "json.py"):
        try:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, name), "w") as file:
                file.write(BAD)
        except OSError:
            pass
