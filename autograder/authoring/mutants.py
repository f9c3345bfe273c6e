"""Break every right answer in every place, and see whether the checks notice: each broken one must lose points.

``python -m autograder mutants`` says which did not. Each is a hole in a check, to be closed by another case, unless it
does what the right answer does: those stand, with their reasons, in ``equivalent_mutants.py``.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import multiprocessing
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from multiprocessing.connection import Connection
from pathlib import Path

from autograder.authoring.equivalent_mutants import EQUIVALENT
from autograder.authoring.mutation_operators import Mutant, mutants_of
from autograder.hashing import code_in, digest
from autograder.pipeline.hidden_checks import hidden_exercise, right_outcome
from autograder.topics import sources
from autograder.topics.answer_cells import reference_answer, run_texts, solution_text
from course_utils.checks.exercise import EXERCISES, Trial, observe_cases
from course_utils.checks.verdict import ExpectedOutcomes, Table
from course_utils.extras import is_installed

SEEDS = (1, 2, 3)  # of the hidden cases; a mutant must lose points with each
CALL_SECONDS = (
    10.0  # CPU seconds of one call of a mutant, where its exercise allows more: no right answer takes as long
)
MUTANT_SECONDS = 60  # CPU seconds of a mutant altogether, where no signal reaches the code that loops
CHUNK = 100  # mutants that a process tries
COURSE = Path(__file__).resolve().parents[1]
CACHE = COURSE / ".mutants.jsonl"  # what was found out already: an interrupted run goes on where it stopped
CHECKS = COURSE.parent / "course_utils"


def run_mutants(names: list[str], workers: int) -> int:
    """Try the mutants of exercises and say which kept all their points.

    Parameters
    ----------
    names : list of str
        Exercises; none of them means all whose packages are installed.
    workers : int
        Processes.

    Returns
    -------
    int
        Exit code: 1 where a mutant survived that is not listed as equivalent, or what is listed describes no survivor.
    """
    unknown = [name for name in names if name not in EXERCISES]
    if unknown:
        print(f"there is no exercise {unknown[0]}")
        return 1
    names = names or [name for name, one in EXERCISES.items() if is_installed(one.needs)]
    wanted = {name: mutants_of(solution_text(name)) for name in names}
    caught: dict[str, set[str]] = defaultdict(set)
    for name, mutant, is_caught in tried(wanted, workers):
        if is_caught:
            caught[name].add(mutant.text)
    failed, total = False, [0, 0, 0, 0]
    print(f"{'exercise':45} tried caught equivalent survived")
    for name, mutants in wanted.items():
        survivors = [mutant for mutant in mutants if mutant.text not in caught[name]]
        holes = [mutant for mutant in survivors if not equivalence(name, mutant)]
        patterns = EQUIVALENT.get(name, {})
        stale = [pattern for pattern in patterns if not any(matches(mutant, pattern) for mutant in survivors)]
        counts = [len(mutants), len(mutants) - len(survivors), len(survivors) - len(holes), len(holes)]
        total = [one + other for one, other in zip(total, counts, strict=True)]
        print(f"{name:45} {counts[0]:5} {counts[1]:6} {counts[2]:10} {counts[3]:8}")
        for mutant in holes:
            print(f"    survived: {mutant.change}")
        for pattern in stale:
            print(f"    listed as equivalent, but it loses points: {pattern}")
        failed = failed or bool(holes or stale)
    print(f"{'together':45} {total[0]:5} {total[1]:6} {total[2]:10} {total[3]:8}")
    return int(failed)


def equivalence(name: str, mutant: Mutant) -> str:
    """Say why a mutant is as right as the answer it was made of; "" where it is not known to be."""
    return next((reason for pattern, reason in EQUIVALENT.get(name, {}).items() if matches(mutant, pattern)), "")


def matches(mutant: Mutant, pattern: str) -> bool:
    """Tell whether a mutant is one that a pattern of ``EQUIVALENT`` describes."""
    return fnmatchcase(mutant.change, pattern.replace("[", "[[]"))


# --- trying them ------------------------------------------------------------------------------------------------------


def tried(
    wanted: dict[str, list[Mutant]], workers: int = 1, seconds: int = MUTANT_SECONDS
) -> Iterator[tuple[str, Mutant, bool]]:
    """Try mutants in processes of their own; what the cache knows is not tried again.

    Parameters
    ----------
    wanted : dict
        Exercise → mutants of its answer.
    workers : int
        How many processes at a time.
    seconds : int
        CPU seconds of a mutant.

    Yields
    ------
    name : str
        The exercise.
    mutant : Mutant
    is_caught : bool
        It loses points with every seed. One that crashes its process, or computes without end, is caught.
    """
    known = _read_cache()
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    results: queue.SimpleQueue = queue.SimpleQueue()
    waiting = 0
    for name, mutants in wanted.items():
        keys = {mutant: digest(fingerprint(name), mutant.text) for mutant in mutants}
        for mutant in mutants:
            if keys[mutant] in known:
                yield name, mutant, known[keys[mutant]]
        left = [mutant for mutant in mutants if keys[mutant] not in known]
        for start in range(0, len(left), CHUNK):
            tasks.put((name, left[start : start + CHUNK]))
        waiting += len(left)
    for _ in range(workers):
        threading.Thread(target=_work, args=(tasks, results, seconds), daemon=True).start()
    with CACHE.open("a", encoding="utf-8") as cache:
        for _ in range(waiting):
            if isinstance(result := results.get(), Exception):
                raise result
            name, mutant, is_caught = result
            cache.write(json.dumps([digest(fingerprint(name), mutant.text), is_caught]) + "\n")
            cache.flush()
            yield name, mutant, is_caught


def _work(tasks: queue.SimpleQueue, results: queue.SimpleQueue, seconds: int) -> None:
    while True:
        try:
            name, mutants = tasks.get_nowait()
        except queue.Empty:
            return
        try:
            for mutant, is_caught in _in_processes(name, mutants, seconds):
                results.put((name, mutant, is_caught))
        except Exception as error:
            results.put(error)


def _in_processes(name: str, mutants: list[Mutant], seconds: int) -> Iterator[tuple[Mutant, bool]]:
    """Try mutants one after another in a process; where it dies, its last one is caught, and a new process goes on.

    The process is new, not forked from this one: TensorFlow does not outlive a fork.
    """
    context = multiprocessing.get_context("spawn")
    left = list(mutants)
    while left:
        here, there = context.Pipe()
        process = context.Process(target=_try_all, args=(name, left, there, seconds), daemon=True)
        process.start()
        there.close()
        try:
            here.recv()  # it has imported what it needs
        except EOFError:
            raise RuntimeError(f"no process to try mutants in: exit code {process.exitcode}") from None
        try:
            while left:
                yield left[0], here.recv()
                left = left[1:]
        except EOFError:
            yield left[0], True
            left = left[1:]
        process.join()


def _try_all(name: str, mutants: list[Mutant], connection: Connection, seconds: int) -> None:
    connection.send("ready")
    for mutant in mutants:
        _limit_cpu_time(seconds)
        connection.send(is_caught(name, mutant.text))


def _limit_cpu_time(seconds: int) -> None:
    """Let the kernel end this process after so many more CPU seconds, where it can."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def is_caught(name: str, text: str, seeds: Iterable[int] = SEEDS) -> bool:
    """Tell whether an answer loses points with each of several seeds."""
    try:
        functions = run_texts(text, *EXERCISES[name].functions)
    except Exception:  # it cannot even be defined
        return True
    return all(_loses_points(functions, name, seed) for seed in seeds)


def _loses_points(functions: tuple[Callable, ...], name: str, seed: int) -> bool:
    exercise = hidden_exercise(name)
    exercise = dataclasses.replace(exercise, seconds=min(exercise.seconds, CALL_SECONDS))
    right = {key: one for key, one in _right_table(name, seed).items() if key[1] in exercise.properties}
    answer = exercise.joined(*exercise.with_time_limit(*functions))
    case = -1
    # Case by case: most are caught by the first.
    for case, observations in enumerate(observe_cases(answer, exercise, seed, Trial(describes_calls=False))):
        seen = {observation.property: observation for observation in observations}
        for (number, asked), expected in right.items():
            if number == case and not (asked in seen and expected.agrees(seen[asked])):
                return True
    return case < max(number for number, _ in right)


@functools.lru_cache(maxsize=len(SEEDS))
def _right_table(name: str, seed: int) -> Table:
    return ExpectedOutcomes(right_outcome(hidden_exercise(name), seed), list).right_table


# --- the cache --------------------------------------------------------------------------------------------------------


@functools.cache
def fingerprint(name: str) -> str:
    """Hash what an exercise's mutants are judged by: the checks, of topics only its own, and the right answers."""
    answers = Path(reference_answer(name).__code__.co_filename)
    others = [f"checks/{file.parent.name}.py" for file in sources() if file.parent != answers.parent]
    hidden = COURSE / "pipeline" / "hidden_checks.py"
    return digest(*code_in(CHECKS, others), *code_in(answers), *code_in(hidden), *map(str, SEEDS))


def _read_cache() -> dict[str, bool]:
    known = {}
    try:
        lines = CACHE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    for line in lines:
        try:
            key, caught = json.loads(line)
        except ValueError:  # half a line, where a run was killed
            continue
        known[key] = caught
    return known
