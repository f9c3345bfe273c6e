"""Odd but right answers: each kind is a wrapper round any exercise's reference, as the text of notebook cells."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from autograder.topics.answer_cells import solution_text

TOOLS = '''
def over(value, change):
    """Change every number, array and text of a result, and leave its dicts, lists and tuples."""
    if isinstance(value, dict):
        return {key: over(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(over(part, change) for part in value)
    return change(value)

def numbers(change):
    return lambda value: value if isinstance(value, (str, bool, np.bool_)) else change(value)

def floats(change):
    return numbers(lambda value: change(value) if np.asarray(value).dtype.kind == "f" else value)

def arrays(change):
    return numbers(lambda value: change(value) if isinstance(value, np.ndarray) else value)
'''


@dataclass(frozen=True)
class Case:
    """An odd answer to an exercise: of a kind, or written for it alone."""

    kind: str
    exercise: str
    text: str = ""

    def cells(self) -> list[str]:
        """Write its cells."""
        return [self.text] if self.text else KINDS[self.kind].cells(self.exercise)


@dataclass(frozen=True)
class Kind:
    """A way of being odd.

    Parameters
    ----------
    change : str
        An expression: what is made of each number, array and text of a result.
    answer : str
        The text that makes the answer ``NAME`` of the right answer, ``right``, where it is more than that.
    before, after : str
        A cell above the answer, and a cell that undoes it for the next answer.
    matters : str
        Exercises for which it makes a difference.
    not_of : str
        Exercises whose answers are not right in this way.
    refused : str
        What it is refused as.
    breaks : bool
        It makes some right answers wrong, and the report says how.
    """

    change: str = ""
    answer: str = ""
    before: str = ""
    after: str = ""
    matters: str = ""
    not_of: str = ""
    refused: str = ""
    breaks: bool = False

    def cells(self, exercise: str) -> list[str]:
        """Write the cells of an answer of this kind."""
        made = textwrap.dedent(self.answer).strip()
        if self.change:
            made = f"def NAME(*arguments, **keywords):\n    return over(right(*arguments, **keywords), {self.change})"
        magic = "%%time\n" if made.startswith("%%time") else ""
        made = made.removeprefix("%%time").replace("NAME", exercise)
        odd = f"{magic}{solution_text(exercise)}\n\n\nright = {exercise}\n{made}"
        return [cell for cell in (self.before, odd) if cell]

    def cases(self, name: str) -> list[Case]:
        """Give those for which it makes a difference."""
        return [Case(name, exercise) for exercise in self.matters.split()]


KINDS = {
    "masked array": Kind("arrays(np.ma.array)", matters="normalize softmax"),
    "masked entries": Kind(
        "arrays(lambda a: np.ma.array(a, mask=np.indices(a.shape).sum(axis=0) == 0))",
        matters="normalize",
        refused="a masked array with masked entries",
    ),
    "long double": Kind(
        "floats(lambda x: np.asarray(x, np.longdouble)[()])", matters="numerical_derivative relative_difference"
    ),
    "single precision": Kind(
        "floats(lambda x: np.asarray(x, np.float32)[()])",
        matters="augment_flip",
        not_of="repaired_backward_propagation",  # which is judged more closely than float32 computes
    ),
    "matrix": Kind("arrays(lambda a: np.matrix(a) if a.ndim == 2 else a)", matters="softmax_gradient"),
    "0-d arrays": Kind("numbers(np.array)", matters="l1_penalty"),
    "NumPy scalars": Kind("lambda v: np.array(v)[()]", matters="early_stopping"),
    "NumPy text": Kind("lambda v: np.str_(v) if isinstance(v, str) else v", matters="gradient_check"),
    "text from np.select": Kind(
        "lambda v: np.select([v == v], [v], default='') if isinstance(v, str) else v",
        matters="diagnose data_and_diagnosis_answers",
    ),
    "read-only": Kind("arrays(lambda a: (a.setflags(write=False), a)[1])", matters="dropout_backward"),
    "not contiguous": Kind(
        "arrays(lambda a: np.repeat(a[..., None], 2, axis=-1)[..., 0])", matters="batchnorm_inference"
    ),
    "Fortran order": Kind("arrays(np.asfortranarray)", matters="grid_search_points"),
    "reversed memory": Kind("arrays(lambda a: a[::-1].copy()[::-1] if a.ndim else a)", matters="one_hot"),
    "other byte order": Kind("arrays(lambda a: a.astype(a.dtype.newbyteorder()))", matters="predict_probabilities"),
    "lists for arrays": Kind("arrays(lambda a: a.tolist())", matters="random_mini_batches"),
    "objects": Kind("arrays(lambda a: a.astype(object))", matters="l1_gradient", refused="an array of objects"),
    "complex": Kind(
        "arrays(lambda a: a.astype(complex))", matters="weight_decay_step", refused="an array of complex numbers"
    ),
    "generator": Kind(
        answer="""
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return (part for part in (result if isinstance(result, (list, tuple, np.ndarray)) else [result]))
    """,
        matters="split_indices",
        refused="a generator",
    ),
    "tuple": Kind(
        answer="""
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return tuple(result) if isinstance(result, list) else result
    """,
        matters="activation_rms",
    ),
    "list": Kind(
        answer="""
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return list(result) if isinstance(result, tuple) else result
    """,
        matters="batchnorm_forward",
    ),
    "deque": Kind(
        answer="""
        import collections
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return collections.deque(result) if isinstance(result, (list, tuple)) else result
    """,
        matters="fit_normalizer",
    ),
    "dict subclass": Kind(
        answer="""
        import collections
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return collections.OrderedDict(result) if isinstance(result, dict) else result
    """,
        matters="initialize_velocity",
    ),
    "mapping": Kind(
        answer="""
        import types
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return types.MappingProxyType(result) if isinstance(result, dict) else result
    """,
        matters="update_parameters_with_gd",
    ),
    "NumPy text as keys": Kind(
        answer="""
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            return {np.str_(k): v for k, v in result.items()} if isinstance(result, dict) else result
    """,
        matters="backward_propagation_with_regularization",
    ),
    "partial": Kind(answer="import functools\nNAME = functools.partial(right)", matters="cross_entropy_cost"),
    "callable object": Kind(
        answer="""
        class Answer:
            def __call__(self, *arguments, **keywords):
                return right(*arguments, **keywords)

        NAME = Answer()
    """,
        matters="dictionary_to_vector",
    ),
    "lambda": Kind(
        answer="NAME = lambda *arguments, right=right, **keywords: right(*arguments, **keywords)",
        matters="vector_to_dictionary",
    ),
    "method": Kind(
        answer="""
        class Answers:
            def answer(self, *arguments, **keywords):
                return right(*arguments, **keywords)

        NAME = Answers().answer
    """,
        matters="coarse_to_fine",
    ),
    "decorated": Kind(
        answer="""
        import functools
        def counted(function):
            @functools.wraps(function)
            def inner(*arguments, **keywords):
                inner.calls += 1
                return function(*arguments, **keywords)
            inner.calls = 0
            return inner

        NAME = counted(right)
    """,
        matters="decay_staircase",
    ),
    "%%time": Kind(answer="%%time", matters="decay_exponential"),
    "threads": Kind(
        answer="""
        from concurrent.futures import ThreadPoolExecutor
        def NAME(*arguments, **keywords):
            with ThreadPoolExecutor() as pool:
                return pool.submit(right, *arguments, **keywords).result()
    """,
        matters="batchnorm_backward",
    ),
    "threads call what is given": Kind(
        answer="""
        from concurrent.futures import ThreadPoolExecutor
        def NAME(*arguments, **keywords):
            def threaded(function):
                def inner(*a, **k):
                    with ThreadPoolExecutor(4) as pool:
                        return [one.result() for one in [pool.submit(function, *a, **k)]][0]
                return inner
            given = [threaded(one) if callable(one) else one for one in arguments]
            return right(*given, **keywords)
    """,
        matters="numerical_gradient fit",
    ),
    "plots": Kind(
        before="%matplotlib inline\nimport matplotlib.pyplot as plt",
        answer="""
        def NAME(*arguments, **keywords):
            result = right(*arguments, **keywords)
            plt.figure(figsize=(1, 1))
            plt.plot([0, 1])
            plt.show()
            return result
    """,
        matters="count_distinct_units",
    ),
    "figures left open": Kind(
        before="%matplotlib inline\nimport matplotlib.pyplot as plt",
        answer="""
        def NAME(*arguments, **keywords):
            plt.figure(figsize=(1, 1))
            plt.plot([0, 1])
            return right(*arguments, **keywords)
    """,
        matters="hyperparameters_answers",
    ),
    "prints progress": Kind(
        answer="""
        import sys
        from tqdm.auto import tqdm
        from IPython.display import display, clear_output
        def NAME(*arguments, **keywords):
            print("working …", flush=True)
            print("still", file=sys.stderr)
            display("here")
            clear_output(wait=True)
            return [right(*arguments, **keywords) for _ in tqdm(range(1))][0]
    """,
        matters="decay_inverse_time",
    ),
    "warns": Kind(
        before='import warnings\nwarnings.simplefilter("error")',
        answer="""
        def NAME(*arguments, **keywords):
            warnings.warn("careful")
            np.zeros(1) / np.zeros(1)
            return right(*arguments, **keywords)
    """,
        after='warnings.simplefilter("default")',
        matters="cross_entropy_cost",
    ),
    "np.seterr": Kind(
        before='np.seterr(all="raise")',
        answer="pass",
        after='np.seterr(all="warn")',
        matters="compute_cost_with_regularization",
    ),
    "underflow with np.seterr": Kind(
        before='np.seterr(all="raise")',
        answer="""
        def NAME(*arguments, **keywords):
            np.exp(np.array([-1000.0, 1000.0]))
            return right(*arguments, **keywords)
    """,
        after='np.seterr(all="warn")',
        matters="exponentially_weighted_average",
    ),
    "global state": Kind(
        before="""
import random
random.seed(1)
np.random.seed(1)
np.set_printoptions(precision=1, suppress=True)
calls = []
""",
        answer="""
        def NAME(*arguments, **keywords):
            calls.append(np.random.rand() + random.random())
            np.random.seed(len(calls))
            return right(*arguments, **keywords)
    """,
        after="np.set_printoptions(precision=8, suppress=False)",
        matters="initialize_parameters_xavier",
    ),
    "import *": Kind(
        before="from numpy import *",
        answer="pass",
        after="""
for name in ("abs", "all", "any", "bool", "divmod", "max", "min", "pow", "round", "sum"):
    globals().pop(name, None)
""",
        matters="decay_sqrt count_distinct_units",
        breaks=True,
    ),
}


CASES = [
    Case(
        "threads call what is given",
        "successive_halving",
        """
from concurrent.futures import ThreadPoolExecutor
def successive_halving(candidates, score, budgets):
    left = list(enumerate(candidates))
    for budget in budgets:
        with ThreadPoolExecutor() as pool:
            scores = list(pool.map(lambda one: score(one[1], budget), left))
        ranked = [one for _, one in sorted(zip(scores, left), key=lambda pair: -pair[0])]
        left = sorted(ranked[: (len(ranked) + 1) // 2], key=lambda one: one[0])
    return ranked[0][0]
""",
    ),
    Case(
        "long double",
        "numerical_derivative",
        """
def numerical_derivative(f, x, epsilon=1e-7, scheme="central"):
    x, e = np.longdouble(x), np.longdouble(epsilon)
    return (f(x + e) - f(x - e)) / (2 * e) if scheme == "central" else (f(x + e) - f(x)) / e
""",
    ),
    Case(
        "masked array",
        "normalize",
        """
def normalize(X, mu, sigma):
    return (X - mu) / np.ma.masked_equal(sigma, 0)
""",
    ),
]
"""What students handed in, and what came out in two ways."""
