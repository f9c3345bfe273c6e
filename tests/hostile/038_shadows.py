"""Cases 38, 53, 85: modules of the grader's beside the notebook.

expected: reason="Left out, as only the notebook is graded.*nbgrader_config.py.*numpy.py"
"""

# %% beside numpy.py
raise SystemExit("shadowed")

# %% beside random.py
raise SystemExit("shadowed")

# %% beside nbgrader_config.py
raise SystemExit("shadowed")

# %% beside sitecustomize.py
raise SystemExit("shadowed")

# %% beside json.py
raise SystemExit("shadowed")
