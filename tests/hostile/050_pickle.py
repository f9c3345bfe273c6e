"""Case 50: pickles: an object that runs code where it is unpickled, bytes, a file of objects.

expected: double=0 square=0 twice=0 reason="double: "
"""

# %% double
import os
import pickle


class Evil:
    def __reduce__(self):
        return os.system, ("touch {course}/unpickled",)


def double(x):
    return Evil()


# %% square
def square(x):
    return pickle.dumps(Evil())


# %% twice
def twice(f, x):
    np.save("evil.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    return f(np.load("evil.npy", allow_pickle=True))
