"""nbgrader's check of its cells' metadata, by a validator that is made once: nbgrader makes it anew for every cell."""

from __future__ import annotations

import functools

from jsonschema.validators import validator_for
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, ValidationError
from nbgrader.nbgraderformat.common import BaseMetadataValidator
from nbgrader.preprocessors import CheckCellMetadata


class _CheckSchemaOnce(BaseMetadataValidator):
    def __init__(self) -> None:
        super().__init__()
        self._schema_validator = validator_for(self.schema)(self.schema)

    def validate_cell(self, cell: NotebookNode) -> None:
        settings = cell.metadata.get("nbgrader")
        if settings is None:
            return
        is_current = settings.get("schema_version") == self.schema_version
        if not is_current or not self._schema_validator.is_valid(settings):
            super().validate_cell(cell)  # raises nbgrader's own error


class _Validator(MetadataValidator, _CheckSchemaOnce):
    """nbgrader's validator with its further checks; where that calls ``super()``, the cached schema is used."""


_validator = functools.cache(_Validator)


class CachedCheckCellMetadata(CheckCellMetadata):
    """The preprocessor to use in place of nbgrader's; it accepts and refuses the same notebooks."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Raise the error of nbgrader's preprocessor where a cell's metadata is invalid."""
        try:
            _validator().validate_nb(nb)
        except ValidationError:
            return super().preprocess(nb, resources)  # logs and raises it
        return nb, resources
