"""The JSON schema of a config, with which editors complete and check what is typed.

In VS Code, with the YAML extension, the first line of a config says where it is:
``# yaml-language-server: $schema=../snnrun.schema.json``.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from snnrun.experiment import Experiment

_PART = "Part"
_EXTENDS = {
    "description": "config files to start from, relative to this one",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


#: What a map may hold less of where it is merged into another.
_OF_WHOLE_MAPS = ("required", "minProperties", "discriminator")
_AS_THEY_ARE = ("items", "prefixItems", "const", "enum", "default", "examples", "propertyNames")


class _Generator(GenerateJsonSchema):
    """Leaves out defaults that hold named choices, which would lack the name."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of a field that has a default."""
        made = super().default_schema(schema)
        if made.get("default") and _chooses(made):
            made.pop("default")
        return made


def _chooses(schema: Any) -> bool:
    """Tell whether a value is a named choice, or a list or map of them."""
    if isinstance(schema, dict):
        return "oneOf" in schema or any(map(_chooses, schema.values()))
    return isinstance(schema, list) and any(map(_chooses, schema))


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of a config file.

    A file that extends others need not hold every section, nor every key of a section.
    """
    whole = Experiment.model_json_schema(schema_generator=_Generator)
    names = whole.pop("$defs")
    part = _part(whole)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "snnrun config",
        "$defs": {**names, **{name + _PART: _part(each) for name, each in names.items()}},
        "if": {"required": ["extends"]},
        "then": {**part, "properties": {"extends": _EXTENDS, **part["properties"]}},
        "else": whole,
    }


def _part(schema: Any) -> Any:
    """Return what a map must fulfil that is merged into another: no key of it need be there.

    Lists are not merged, so those in it must be whole.
    """
    if isinstance(schema, list):
        return [_part(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _AS_THEY_ARE:
            made[key] = value
        elif key in ("properties", "patternProperties"):
            made[key] = {name: _part(each) for name, each in value.items()}
        elif key == "$ref":
            made[key] = value + _PART
        elif key not in _OF_WHOLE_MAPS:
            made["anyOf" if key == "oneOf" else key] = _part(value)
    return made


def schema_text() -> str:
    """Return the JSON schema as text."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False)
