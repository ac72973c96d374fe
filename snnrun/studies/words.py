"""Values of settings in the words that people read."""

import json
from typing import Any


def plainly(value: Any) -> str:
    """Return a value without quotes and brackets, and without digits that nobody reads.

    A map that names a part begins with that name. In a list of lists or maps, semicolons.

    Example:
        >>> plainly(0.09394073268029803), plainly(None), plainly([32, 10]), plainly("a b")
        ('0.09394', 'null', '32, 10', 'a b')
        >>> plainly({"lr": 0.1, "name": "sgd"}), plainly([{"size": 30}, {"size": 3}])
        ('sgd, lr 0.1', 'size 30; size 3')
    """
    match value:
        case str():
            return value
        case float():
            text = json.dumps(value)
            return f"{value:.4g}" if len(text) > 6 else text
        case dict():
            named = [plainly(value["name"])] if "name" in value else []
            others = (f"{key} {plainly(inner)}" for key, inner in value.items() if key != "name")
            return ", ".join([*named, *others]) or "{}"
        case list():
            nested = any(isinstance(each, list | dict) for each in value)
            return ("; " if nested else ", ").join(map(plainly, value)) or "[]"
        case _:
            return json.dumps(value)
