"""Differently written right answers to 00_data_and_diagnosis."""

import numpy as np

from autograder.topics.registry import in_every_form, variant


@variant("split_indices")
def shuffled_in_place(m, fractions, rng):
    order = np.arange(m)
    rng.shuffle(order)
    ends = np.cumsum([m - round(fractions[1] * m) - round(fractions[2] * m), round(fractions[1] * m)])
    return np.split(order, ends)


@variant("split_indices")
def by_rank(m, fractions, rng):
    order = np.argsort(rng.random(m))
    _, dev, test = (int(np.round(m * fraction)) for fraction in fractions)
    return order[dev + test :], order[:dev], order[dev : dev + test]


@variant("split_indices")
def sorted_sets(m, fractions, rng):
    left = set(range(m))
    parts = []
    for fraction in fractions[:0:-1]:
        part = rng.choice(sorted(left), round(fraction * m), replace=False)
        left -= set(part.tolist())
        parts.append(sorted(part.tolist()))
    test, dev = parts
    return sorted(left), dev, test


@variant("diagnose")
def joined(train_error, dev_error, bayes_error=0.0, gap=0.05):
    found = ["high bias"] * (train_error - bayes_error > gap) + ["high variance"] * (dev_error - train_error > gap)
    return " and ".join(found) or "low bias and low variance"


@variant("diagnose")
def table(train_error, dev_error, bayes_error=0.0, gap=0.05):
    cells = {
        (False, False): "low bias and low variance",
        (True, False): "high bias",
        (False, True): "high variance",
        (True, True): "high bias and high variance",
    }
    return cells[bool(train_error > bayes_error + gap), bool(dev_error > train_error + gap)]


@variant("diagnose")
def nested(train_error, dev_error, bayes_error=0.0, gap=0.05):
    if train_error - bayes_error <= gap:
        return "High variance" if dev_error - train_error > gap else "Low bias and low variance"
    return "High bias" + (" and high variance" if dev_error - train_error > gap else "")


@variant("fit_normalizer")
def by_std(X):
    sigma = X.std(axis=1).reshape(-1, 1)
    return X.mean(axis=1)[:, None], np.where(sigma == 0, 1.0, sigma)


@variant("fit_normalizer")
def row_by_row(X):
    mu = np.array([[sum(row) / len(row)] for row in X.tolist()])
    sigma = np.array([[np.linalg.norm(row - m) / np.sqrt(len(row)) or 1.0] for row, m in zip(X, mu, strict=True)])
    return mu, sigma


@variant("fit_normalizer")
def by_range(X):
    constant = np.ptp(X, axis=1, keepdims=True) == 0
    return X.mean(1, keepdims=True), np.var(X, axis=1, keepdims=True) ** 0.5 * ~constant + constant


@variant("normalize")
def in_steps(X, mu, sigma):
    result = X.copy()
    result -= mu
    result /= sigma
    return result


@variant("normalize")
def separately(X, mu, sigma):
    return X / sigma - mu / sigma


@variant("normalize")
def by_rows(X, mu, sigma):
    return np.array([(row - m) / s for row, m, s in zip(X, mu, sigma, strict=True)])


# --- predictions and answers --------------------------------------------------------------------------------

in_every_form("data_and_diagnosis_predictions", "dca")
in_every_form("data_and_diagnosis_more_predictions", "abd")
in_every_form("data_and_diagnosis_answers")
