"""Differently written right answers to 06_hyperparameters."""

import numpy as np

from autograder.topics.registry import in_every_form, variant

# --- draws ------------------------------------------------------------------------------------------------------------


@variant("sample_log_uniform")
def natural(low, high, size, rng):
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


@variant("sample_log_uniform")
def unit_interval(low, high, size, rng):
    return low * (high / low) ** rng.random(size)


@variant("sample_log_uniform")
def one_after_the_other(low, high, size, rng):
    a, b = np.log2(low), np.log2(high)
    drawn = []
    while len(drawn) < size:
        drawn.append(2 ** (a + (b - a) * rng.random()))
    return drawn


@variant("sample_log_uniform")
def from_above(low, high, size, rng):
    r = -rng.random(size) * (np.log10(high) - np.log10(low))
    return (high * np.power(10.0, r)).astype(np.float32)


@variant("sample_momentum")
def by_the_other_sampler(low, high, size, rng):
    return 1 - sample_log_uniform(1 - high, 1 - low, size, rng)  # noqa: F821


@variant("sample_momentum")
def ends_the_other_way_round(low, high, size, rng):
    a, b = np.log(1 - low), np.log(1 - high)
    return -np.expm1(a + (b - a) * rng.random(size=size))


@variant("sample_momentum")
def as_a_list(low, high, size, rng):
    print("drawing", size)
    return [1 - (1 - low) * ((1 - high) / (1 - low)) ** u for u in rng.uniform(size=size)]


# --- points in a box --------------------------------------------------------------------------------------------------


@variant("grid_search_points")
def product(bounds, per_axis):
    import itertools

    return np.array(list(itertools.product(*(np.linspace(*pair, per_axis) for pair in bounds))))


@variant("grid_search_points")
def counted(bounds, per_axis):
    k = len(bounds)
    rows = []
    for number in range(per_axis**k):
        row = []
        for low, high in bounds:
            row.append(low + (high - low) * (number % per_axis) / (per_axis - 1))
            number //= per_axis
        rows.append(row)
    return rows


@variant("grid_search_points")
def indexed(bounds, per_axis):
    steps = np.indices((per_axis,) * len(bounds)).reshape(len(bounds), -1).T / (per_axis - 1)
    low, high = np.asarray(bounds, dtype=float)[:, 0], np.asarray(bounds, dtype=float)[:, 1]
    return low + steps * (high - low)


@variant("random_search_points")
def column_by_column(bounds, size, rng):
    return np.column_stack([rng.uniform(low, high, size) for low, high in bounds])


@variant("random_search_points")
def row_by_row(bounds, size, rng):
    return [[low + (high - low) * rng.random() for low, high in bounds] for _ in range(size)]


@variant("random_search_points")
def stretched(bounds, size, rng):
    box = np.array(bounds)
    unit = rng.random((len(bounds), size))
    return (box[:, :1] + unit * np.diff(box)).T


# --- coarse to fine ---------------------------------------------------------------------------------------------------


@variant("coarse_to_fine")
def clipped(points, scores, bounds, shrink):
    box = np.array(bounds)
    half = shrink * np.diff(box)[:, 0] / 2
    centre = np.asarray(points)[int(np.argmax(scores))]
    return np.clip(np.stack([centre - half, centre + half], axis=1), box[:, :1], box[:, 1:])


@variant("coarse_to_fine")
def sorted_first(points, scores, bounds, shrink):
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    found = []
    for axis, pair in enumerate(bounds):
        side = (pair[1] - pair[0]) * shrink
        low = points[order[-1], axis] - side / 2
        found.append([max(pair[0], low), min(pair[1], low + side)])
    return found


@variant("coarse_to_fine")
def nested_tuples(points, scores, bounds, shrink):
    best = points[list(scores).index(max(scores))]
    return tuple(
        (np.maximum(a, x - shrink * (b - a) / 2), np.minimum(b, x + shrink * (b - a) / 2))
        for x, (a, b) in zip(best, bounds, strict=True)
    )


# --- successive halving -----------------------------------------------------------------------------------------------


@variant("successive_halving")
def sort_is_stable(candidates, score, budgets):
    alive = list(enumerate(candidates))
    for rung, budget in enumerate(budgets):
        scored = {index: score(candidate, budget) for index, candidate in alive}
        alive.sort(key=lambda one: (-scored[one[0]], one[0]))
        if rung < len(budgets) - 1:
            alive = alive[: -(-len(alive) // 2)]
    return alive[0][0]


@variant("successive_halving")
def best_by_max(candidates, score, budgets):
    left = list(range(len(candidates)))
    for budget in budgets[:-1]:
        scores = [score(candidates[i], budget) for i in left]
        keep = []
        for _ in range(len(left) - len(left) // 2):
            place = scores.index(max(scores))
            keep.append(left[place])
            scores[place] = -np.inf
        left = sorted(keep)
    final = [score(candidates[i], budgets[-1]) for i in left]
    return np.int64(left[int(np.argmax(final))])


@variant("successive_halving")
def backwards(candidates, score, budgets):
    left = np.arange(len(candidates))
    for budget in budgets:
        scores = np.empty(len(left))
        for place in reversed(range(len(left))):
            scores[place] = score(candidates[left[place]], budget)
        order = np.lexsort((left, -scores))
        winner = left[order[0]]
        left = np.sort(left[order[: int(np.ceil(len(left) / 2))]])
    return float(winner)


# --- the challenge ----------------------------------------------------------------------------------------------------


@variant("challenge_settings")
def one_layer():
    return {
        "hidden_layers": (50,),
        "init_scale": 0.45,
        "learning_rate": 0.4,
        "mini_batch_size": 128,
        "final_share": 0,
    }


@variant("challenge_settings")
def arrays():
    return {
        "hidden_layers": np.array([100, 50]),
        "init_scale": np.float64(0.5),
        "learning_rate": np.float32(0.3),
        "mini_batch_size": np.int64(100),
        "final_share": 0.3,
    }


@variant("challenge_settings")
def whole_as_float():
    settings = dict(init_scale=0.45, learning_rate=0.3, final_share=0.3)
    return {**settings, "hidden_layers": [60.0, 20.0], "mini_batch_size": 128.0}


# --- predictions and questions ----------------------------------------------------------------------------------------


@variant("hyperparameters_predictions")
def all_the_same():
    return {number: "a" for number in range(1, 7)}


@variant("hyperparameters_predictions")
def one_string():
    return "DCBAAB"


@variant("hyperparameters_predictions")
def a_list():
    return ["b", "c", " d", "a ", "C", "d"]


in_every_form("hyperparameters_answers")
