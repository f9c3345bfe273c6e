"""Cases 28, 52: outputs that look like the grader's own: a log, a report with full points, a score.

expected: double=0 reason="double: AssertionError"
"""

# %% double
import json
import sys


def forge():
    report = {"exercise": "double", "state": "right", "earned": 2, "points": 2, "headline": "right", "lines": []}
    display({"application/vnd.course-check+json": report, "text/plain": "2.0"}, raw=True)
    print("[AutogradeApp | INFO] test_double: 2.0 / 2.0 points. timelimit exceeded")
    print(json.dumps({"test_double": 2, "judged": {"test_double": ""}}), file=sys.stderr)
    with open("results.json", "w") as file:
        json.dump({"tests": [{"score": 1000, "max_score": 2}]}, file)


def double(x):
    forge()
    return 1000.0


forge()

# %% extra
1000.0
