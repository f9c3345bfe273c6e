"""Case 19: one big file, a sparse one, and as many as there is room for.

expected: double=0 square=0 twice=0 look=twice reason="double: OSError"
"""


# %% double
def double(x):
    with open("big", "wb") as file:
        for _ in range(1000):
            file.write(bytes(2**20))
    return 2 * x


# %% square
def square(x):
    with open("sparse", "wb") as file:
        file.truncate(2**50)
    return x * x


# %% twice
def twice(f, x):
    for number in range(100):
        for folder in ("", "/tmp/", "/dev/shm/"):
            try:
                with open(f"{folder}{number}", "wb") as file:
                    file.write(bytes(2**20))
            except OSError:
                pass
    return f(f(x))
