"""The JSON schema of a config, with which editors complete and check what is typed.

In VS Code, with the YAML extension, the first line of a config says where it is:
``# yaml-language-server: $schema=../snnrun.schema.json``.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from snnrun.experiment import Experiment

_EXTENDS = {
    "description": "config files to start from, relative to this one",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


class _Generator(GenerateJsonSchema):
    """Leaves out defaults of named choices, which would lack the name."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of a field that has a default."""
        made = super().default_schema(schema)
        if "oneOf" in made:
            made.pop("default", None)
        return made


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of a config file.

    A file that extends others need not hold every section.
    """
    schema = Experiment.model_json_schema(schema_generator=_Generator)
    required = schema.pop("required")
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **schema,
        "title": "snnrun config",
        "properties": {"extends": _EXTENDS, **schema["properties"]},
        "anyOf": [{"required": ["extends"]}, {"required": required}],
    }


def schema_text() -> str:
    """Return the JSON schema as text."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False)
