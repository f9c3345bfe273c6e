"""Case 20: more files than allowed, and folders so deep that no path reaches them.

expected: double=0 look=double reason="it wrote more than it may"
"""

# %% double
import os


def double(x):
    number = 0
    while True:
        try:
            open(f"/tmp/{number}", "w").close()
        except OSError:
            pass
        number += 1


# %% square
def square(x):
    for _ in range(40):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    return x * x


# %% twice
def twice(f, x):
    folder = f"shut-{x}"
    os.makedirs(f"{folder}/in")
    open(f"{folder}/in/file", "w").close()
    os.chmod(f"{folder}/in", 0)
    os.chmod(folder, 0)
    return f(f(x))
