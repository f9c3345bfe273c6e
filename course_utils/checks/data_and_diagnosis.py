"""What the exercises of 00_data_and_diagnosis must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder, MalformedResult, Rng
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.questions import ask_predictions, ask_questions

SIZES = "sizes of train, dev and test"
ONCE = "every example is in one set"
SHUFFLED = "examples are dealt at random, in the shares that are asked for"


def split_cases(rng: np.random.Generator) -> list[Case]:
    """Draw numbers of examples, some of them prime; for none does fraction · m end in .5."""
    cases = []
    for m, fractions in (
        (101, (0.6, 0.2, 0.2)),
        (int(rng.integers(20, 40)) * 100, (0.98, 0.01, 0.01)),
        (97, (0.7, 0.1, 0.2)),
        (int(rng.integers(60, 80)) * 10 + 3, (0.5, 0.3, 0.2)),
    ):
        cases.append({"m": m, "fractions": fractions, "seed": int(rng.integers(10_000))})
    return cases


@exercise("split_indices", cases=split_cases, weights={SHUFFLED: 2}, form={SIZES: 3, ONCE: 3, see.RNG: 1})
def split_indices(answer: CallRecorder, m: int, fractions: tuple, seed: int) -> Iterator[Observation]:
    """Observe three arrays of numbers."""

    def parts(number: int) -> list[np.ndarray]:
        result = answer(m, fractions, Rng(number))
        if not isinstance(result, list) or len(result) != 3 or any(np.ndim(part) != 1 for part in result):
            raise MalformedResult(f"it returns {kind(result)}, not three 1-D arrays: train, dev, test")
        arrays = [np.asarray(part) for part in result]
        if any(part.size and part.dtype.kind not in "iu" for part in arrays):
            raise MalformedResult("its arrays hold no whole numbers")
        return arrays

    found = parts(seed)
    together = np.concatenate(found)
    yield Observation(SIZES, [len(part) for part in found])
    if any(len(np.unique(part)) < len(part) for part in found):
        yield Observation(ONCE, "no: some come twice in one set")
    elif len(np.unique(together)) < len(together):
        yield Observation(ONCE, "no: some are in two sets")
    elif set(together.tolist()) != set(range(m)):
        yield Observation(ONCE, "no: some are in none, or numbers are not from 0 to m − 1")
    else:
        yield Observation(ONCE, "yes")
    blocks = [part for part in found if len(part) > 4 and np.ptp(part) == len(part) - 1]
    if any(abs(len(part) - fraction * m) > 2 for part, fraction in zip(found, fractions, strict=True)):
        yield Observation(SHUFFLED, "no: the sets are in other shares")
    else:
        yield Observation(SHUFFLED, "no: a set holds neighbours only" if blocks else "yes")
    again, other = np.concatenate(parts(seed)), np.concatenate(parts(seed + 1))
    yield Observation(see.RNG, see.follows_rng(together, again, other, "the sets are", "deals in another way"))


def diagnosis_cases(rng: np.random.Generator) -> list[Case]:
    """Draw errors for each of the four cells, well away from the gap."""
    cases = []
    for gap in (0.05, 0.05, 0.02, 0.1):
        rest = {} if gap == 0.05 else {"gap": gap}
        for bayes in (0.0, float(rng.uniform(1.5, 2.5)) * gap):
            if bayes:
                rest = {**rest, "bayes_error": round(bayes, 4)}
            for bias in (float(rng.uniform(0.3, 0.7)), float(rng.uniform(1.3, 1.8))):
                for variance in (float(rng.uniform(0.3, 0.7)), float(rng.uniform(1.3, 1.8))):
                    train = round(bayes, 4) + bias * gap
                    errors = (round(train, 4), round(train + variance * gap, 4))
                    cases.append({"errors": errors, "rest": dict(rest)})
    lucky = {"errors": (0.19, 0.08), "rest": {"bayes_error": 0.18}}
    strict = {"errors": (0.03, 0.05), "rest": {"bayes_error": 0.04}}
    # Sums of powers of ½, of which computers make no rounding errors: what is as large as the gap is not high.
    exact = {"errors": (0.375, 0.5), "rest": {"bayes_error": 0.25, "gap": 0.125}}
    return [*cases[:8], *cases[16:], lucky, strict, exact]


BIAS, VARIANCE = "whether bias is high", "whether variance is high"
WORDS = {
    "low bias and low variance": ("low", "low"),
    "high bias": ("high", "low"),
    "high variance": ("low", "high"),
    "high bias and high variance": ("high", "high"),
}


@exercise(
    "diagnose",
    cases=diagnosis_cases,
    weights={BIAS: 2, VARIANCE: 2},
)
def diagnose(answer: CallRecorder, errors: tuple, rest: dict) -> Iterator[Observation]:
    """Observe what the words say of bias and of variance; no single phrase is right of either in every case."""
    said = answer(*errors, **rest)
    words = said.strip().lower() if isinstance(said, str) else kind(said)
    for name, judged in zip((BIAS, VARIANCE), WORDS.get(words, (words, words)), strict=True):
        yield Observation(name, judged)


def normalizer_cases(rng: np.random.Generator) -> list[Case]:
    """Draw features of all scales with means far from zero, and constant features."""
    cases = []
    for shape, scale in (((2, 7), 1.0), ((5, 3), 100.0), ((3, 13), 1e-3), ((4, 4), 10.0)):
        X = scale * rng.uniform(0.5, 2, (shape[0], 1)) * (rng.standard_normal(shape) + rng.uniform(2, 5, (shape[0], 1)))
        cases.append({"what": "sigma", "X": X})
    X = rng.normal(2, 1, (4, 6))
    X[1], X[3] = 3.0, 0.0
    cases.append({"what": "sigma is 1 for a constant feature", "X": X})
    cases.append({"what": "sigma is 1 for a constant feature", "X": rng.integers(1, 9, (3, 1)).astype(float)})
    return cases


@exercise(
    "fit_normalizer",
    cases=normalizer_cases,
    weights={"mu": 2, "sigma": 3, "sigma is 1 for a constant feature": 7},
    form={"both are columns": 1},
)
def fit_normalizer(answer: CallRecorder, what: str, X: np.ndarray) -> Iterator[Observation]:
    """Observe mean and standard deviation."""
    mu, sigma = map(np.asarray, see.pair(answer(X), "(mu, sigma)"))
    yield Observation("both are columns", [list(mu.shape), list(sigma.shape)])
    yield Observation("mu", mu.ravel())
    yield Observation(what, sigma.ravel(), rtol=1e-4, atol=1e-12)


def normalize_cases(rng: np.random.Generator) -> list[Case]:
    """Draw sets whose own mean and spread differ from the given mean and spread."""
    cases = []
    for n_x, m in ((3, 7), (1, 5), (4, 1), (2, 11)):
        mu, sigma = rng.uniform(1, 5, (n_x, 1)), rng.uniform(2, 6, (n_x, 1))
        cases.append({"X": mu + sigma * (1 + 2 * rng.standard_normal((n_x, m))), "mu": mu, "sigma": sigma})
    return cases


@exercise("normalize", cases=normalize_cases, weights={"(X − mu) / sigma": 4}, form={see.SHAPE: 1})
def normalize(answer: CallRecorder, X: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> Iterator[Observation]:
    """Observe the new features."""
    found = answer(X, mu, sigma)
    yield Observation(see.SHAPE, list(np.shape(found)))
    yield Observation("(X − mu) / sigma", found)


# --- predictions and concept questions ------------------------------------------------------------------------------

ask_predictions("data_and_diagnosis_predictions", 3)
ask_predictions("data_and_diagnosis_more_predictions", 3)
ask_questions("data_and_diagnosis", 4)
