# A thin wrapper: README.md gives the same steps without make.
PYTHON ?= python3
EXTRA ?= test
RUN = .venv/bin/python -m
# uv, where it is there, installs in a fifth of the time (benchmarks/README.md).
PIP = $(if $(shell command -v uv),uv pip install --quiet --python .venv/bin/python,$(RUN) pip install --quiet --disable-pip-version-check)
PYTEST = $(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: lab test soak demo build site lite

lab: .venv/.student
	$(RUN) course_utils lab -- $(OPTIONS)

test: .venv/.extra-$(EXTRA)
	$(PYTEST) $(OPTIONS)

soak: .venv/.extra-all
	$(PYTEST) --soak $(OPTIONS)

demo: .venv/.extra-autograder
	$(RUN) autograder demo

build: .venv/.extra-autograder
	$(RUN) autograder build

site: build .venv/.extra-site
	$(RUN) sphinx -q site build/site

lite: .venv/.extra-lite
	.venv/bin/python lite/build.py

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.student: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e .
	touch $@

.venv/.extra-%: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e '.[$*]'
	touch $@
