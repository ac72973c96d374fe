"""A small JSON Schema checker, written from the specification, for the tests of ours."""

import re
from typing import Any

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
KNOWN = {
    "$ref", "$defs", "$schema", "title", "description", "default", "examples", "discriminator",
    "type", "const", "enum", "oneOf", "anyOf", "properties", "required", "additionalProperties",
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "items", "prefixItems",
    "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "if",
    "then", "else",
}  # fmt: skip


def errors(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "") -> list[str]:
    """What the schema finds wrong with a value: one text for each mistake."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    found = []
    if "$ref" in schema:
        found += errors(value, root["$defs"][schema["$ref"].split("/")[-1]], root, path)
    if "if" in schema:
        branch = "else" if errors(value, schema["if"], root, path) else "then"
        found += errors(value, schema[branch], root, path)
    if "type" in schema and not is_a(value, schema["type"]):
        return [*found, f"{path}: no {schema['type']}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{path}: not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: none of {schema['enum']}")
    for key, right in (("oneOf", lambda n: n == 1), ("anyOf", lambda n: n > 0)):
        if key in schema:
            fits = sum(not errors(value, each, root, path) for each in schema[key])
            found += [] if right(fits) else [f"{path}: fits {fits} of {key}"]
    if isinstance(value, dict):
        found += in_object(value, schema, root, path)
    if isinstance(value, list):
        found += in_list(value, schema, root, path)
    if is_a(value, "number"):
        found += out_of_range(value, schema, path)
    return found


def is_a(value: Any, kind: str) -> bool:
    """Whether a value has a JSON type; true is no number."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[kind])


def in_object(value: dict, schema: dict, root: dict, path: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{path}: no {key}" for key in schema.get("required", []) if key not in value]
    inside = range(schema.get("minProperties", 0), schema.get("maxProperties", 10**9) + 1)
    found += [] if len(value) in inside else [f"{path}: has {len(value)} keys"]
    for key, each in value.items():
        found += errors(key, schema.get("propertyNames", {}), root, f"{path}.{key}")
        patterns = schema.get("patternProperties", {})
        fitting = [patterns[pattern] for pattern in patterns if re.search(pattern, key)]
        fitting += [properties[key]] if key in properties else []
        other = schema.get("additionalProperties", {})
        if not fitting and other is False:
            found.append(f"{path}.{key}: unknown")
        for inner in fitting or [other if isinstance(other, dict) else {}]:
            found += errors(each, inner, root, f"{path}.{key}")
    return found


def in_list(value: list, schema: dict, root: dict, path: str) -> list[str]:
    inside = range(schema.get("minItems", 0), schema.get("maxItems", 10**9) + 1)
    found = [] if len(value) in inside else [f"{path}: has {len(value)} entries"]
    first = schema.get("prefixItems", [])
    for index, item in enumerate(value):
        each = first[index] if index < len(first) else schema.get("items", {})
        found += errors(item, each, root, f"{path}.{index}")
    return found


def out_of_range(value: float, schema: dict, path: str) -> list[str]:
    right = (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )
    return [] if right else [f"{path}: {value} out of range"]
