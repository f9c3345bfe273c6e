# A thin wrapper: README.md gives the same steps without make.
PYTHON ?= python3
RUN = .venv/bin/python -m
INSTALL = $(RUN) pip install --quiet --disable-pip-version-check -c constraints.txt -e

.PHONY: lab test demo build site lite

lab: .venv/.student
	$(RUN) course_utils lab -- $(OPTIONS)

test: .venv/.developer
	$(RUN) pytest -n auto --dist loadfile $(OPTIONS)

demo: .venv/.instructor
	$(RUN) autograder demo

build: .venv/.instructor
	$(RUN) autograder build

site: build .venv/.site
	$(RUN) sphinx -q site build/site

lite: .venv/.lite
	.venv/bin/python lite/build.py

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.student: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) .
	touch $@

.venv/.instructor: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) '.[autograder]'
	touch $@

.venv/.site: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) '.[site]'
	touch $@

.venv/.lite: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) '.[lite]'
	touch $@

.venv/.developer: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) '.[test]'
	touch $@
