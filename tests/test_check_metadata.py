"""The step checks cells' metadata as nbgrader does, and leaves nbgrader and jsonschema as they are."""

from __future__ import annotations

import jsonschema
import pytest
from nbformat import v4
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError, ValidationError, common
from nbgrader.preprocessors import CheckCellMetadata

from autograder.engine import check_metadata, step

VALID = {
    "grade": True,
    "grade_id": "test_double",
    "locked": True,
    "points": 2,
    "schema_version": 3,
    "solution": False,
    "task": False,
}
OTHER = VALID | {"grade_id": "test_square"}


def outcome(preprocessor: CheckCellMetadata, *settings: dict):
    cells = [v4.new_code_cell("1", metadata={"nbgrader": each}) for each in settings]
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("no settings"), *cells])
    try:
        return preprocessor.preprocess(notebook, {}) == (notebook, {})
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], True),
        ([VALID, OTHER], True),
        ([VALID, VALID], ValidationError),  # a name that stands twice
        ([VALID, OTHER | {"points": -1}], ValidationError),
        ([VALID, {"schema_version": 3}], ValidationError),
        ([{key: value for key, value in VALID.items() if key != "points"}], ValidationError),  # the schema allows it
        ([VALID | {"schema_version": 1}], SchemaTooOldError),
        ([{}], SchemaTooOldError),
        ([VALID | {"schema_version": 4}], SchemaTooNewError),
    ],
)
def test_the_same_notebooks_are_refused_with_the_same_error(settings, expected):
    ours = outcome(check_metadata.CachedCheckCellMetadata(), *settings)
    assert ours == outcome(CheckCellMetadata(), *settings)
    assert (ours if ours is True else ours[0]) is expected


def test_the_schema_is_checked_once_for_all_cells(monkeypatch):
    made = []
    monkeypatch.setattr(check_metadata, "validator_for", lambda schema: made.append(schema) or check)
    check = jsonschema.validators.validator_for({"$schema": "http://json-schema.org/draft-04/schema#"})
    check_metadata._validator.cache_clear()
    for _ in range(3):
        assert outcome(check_metadata.CachedCheckCellMetadata(), VALID, OTHER) is True
    assert len(made) == 1


@pytest.mark.parametrize(
    "named", [CheckCellMetadata, "nbgrader.preprocessors.CheckCellMetadata"], ids=["class", "name"]
)
def test_the_step_uses_it_and_patches_nothing(named):
    converter = Autograde(coursedir=CourseDirectory())
    (preprocessor,) = step._preprocessors(converter, [named])
    assert type(preprocessor) is check_metadata.CachedCheckCellMetadata
    assert common.jsonschema is jsonschema
