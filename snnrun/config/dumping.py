"""Write settings as YAML that is pleasant to read: short maps and lists on one line.

Floats are written so that they are read back exactly, here and by other YAML readers.
"""

import io
import re
from typing import Any

import yaml
from pydantic import BaseModel

_WIDTH = 96


class _Dumper(yaml.SafeDumper):
    """A dumper that quotes text which any YAML reader may take for a number."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value that occurs twice twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list."""
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Quote characters that YAML takes for the end of a line."""
    style = '"' if re.search("[\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_multi_representer(
    BaseModel, lambda dumper, settings: dumper.represent_dict(settings.model_dump())
)
_Dumper.add_representer(tuple, yaml.SafeDumper.represent_list)
_Dumper.add_representer(str, _represent_text)
# 1e-3 is text to YAML 1.1 and a number to YAML 1.2, and so to us.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)


def dump(data: dict[str, Any]) -> str:
    """Return ``data``, made of maps, sequences and plain values, as YAML.

    Example:
        >>> print(dump({"seed": 1, "train": {"lr": 1e-3, "at": (10, 20), "limit": float("inf")}}))
        seed: 1
        train: {lr: 0.001, at: [10, 20], limit: .inf}
        <BLANKLINE>
    """
    root = _node(data)
    _fold(root, -2)
    root.flow_style = False
    text: str = yaml.serialize(root, Dumper=_Dumper, width=10 * _WIDTH, allow_unicode=True)
    return text


def _node(value: Any) -> Any:
    """Return the tree that the YAML library writes."""
    return _Dumper(io.StringIO(), sort_keys=False).represent_data(value)


def _fold(node: Any, indent: int, start: int = 0) -> int:
    """Put maps and lists that fit on one line, and return the length of that line.

    ``indent`` is that of the lines below; ``start`` is what stands before on the same line.
    """
    if isinstance(node, yaml.ScalarNode):
        return len(node.value)
    inner = indent + 2
    if isinstance(node, yaml.MappingNode):
        heads = [len(key.value) + 2 for key, _ in node.value]
        items = [value for _, value in node.value]
    else:
        heads, items = [2] * len(node.value), node.value
    lengths = [_fold(item, inner, inner + head) for head, item in zip(heads, items, strict=True)]
    length = sum(lengths) + sum(heads) + 2 * len(items)
    node.flow_style = start + length <= _WIDTH
    return length


def inline(value: Any) -> str:
    """Return a plain value or settings as YAML on one line.

    Example:
        >>> [inline(value) for value in (1e-8, (1, 2.5), None, "low")]
        ['1.0e-08', '[1, 2.5]', 'null', 'low']
    """
    node = _node(value)
    _flow(node)
    text: str = yaml.serialize(node, Dumper=_Dumper, width=1000, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def _flow(node: Any) -> None:
    """Put maps and lists on one line, however long."""
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
        for child in node.value:
            for each in child if isinstance(child, tuple) else (child,):
                _flow(each)
