"""YAML text as a tree of plain values that knows the line and column of every key.

The rules are those of YAML 1.2, so ``1e-3`` is a number, ``no`` is text, and only ``true`` and
``false`` are booleans. Nothing is executed: a tag that asks for a Python object is a problem, and
so are a key that is written twice and a value that contains itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from snnrun.core.paths import KeyPath, dotted
from snnrun.errors import ConfigError

Scalar = str | int | float | bool | None
#: Turns the place of a token into text, e.g. ``yin_yang.yaml:18:3``.
Locate = Callable[[Any], str]

DEEPEST = 100
_TAG = "tag:yaml.org,2002:"
_DIGITS = 1000  # of a whole number; Python reads no more than 4300
_MOST = 1_000_000  # values of one config; aliases of aliases make more out of a few lines
# What plain text means: its tag, how it looks, the characters it may begin with, its value.
_PLAIN: list[tuple[str, str, str, Callable[[str], Scalar]]] = [
    ("null", r"~|null|Null|NULL|", "~nN", lambda text: None),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text[0] in "tT"),
    ("int", r"[-+]?[0-9]+", "-+0123456789", int),
    ("int", r"0x[0-9a-fA-F]+|0o[0-7]+", "0", lambda text: int(text, 0)),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)",
        "-+.0123456789",
        lambda text: float(text.replace(".i", "i").replace(".I", "I")),
    ),
]


@dataclass
class Node:
    """A map, a list or a plain value, and where it was written: its key, if it has one."""

    value: "dict[str, Node] | list[Node] | Scalar"
    where: str

    @classmethod
    def of(cls, value: Any, where: str) -> "Node":
        """Return the tree of a plain value, all of it written at one place."""
        if isinstance(value, dict):
            return cls({key: cls.of(each, where) for key, each in value.items()}, where)
        if isinstance(value, list | tuple):
            return cls([cls.of(each, where) for each in value], where)
        return cls(value, where)

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def along(self, path: KeyPath) -> "Iterator[Node]":
        """Yield this node and those that ``path`` leads through, as far as they exist."""
        yield self
        if not path:
            return
        key, rest = path[0], path[1:]
        if isinstance(self.value, dict) and key in self.value:
            yield from self.value[str(key)].along(rest)
        elif isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            yield from self.value[key].along(rest)


def check_depth(text: str) -> None:
    """Refuse text that is nested deeper than anybody means; the C library would run out of stack.

    Raises:
        yaml.YAMLError: it is, or it is not YAML.

    Example:
        >>> check_depth("a: [1, 2]")
    """
    depth = 0
    for event in yaml.parse(text, _base()):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            where: Any = event.start_mark
            raise yaml.MarkedYAMLError(None, None, f"nested more than {DEEPEST} deep", where)


def parse(text: str, locate: Locate, problems: list[str], language: str = "YAML") -> Node:
    """Read one document; what is wrong with single keys and values is added to ``problems``.

    Raises:
        ConfigError: the text is not YAML.

    Example:
        >>> tree = parse("lr: 1e-3", lambda mark: f"{mark.line + 1}:{mark.column + 1}", [])
        >>> tree.plain(), tree.value["lr"].where
        ({'lr': 0.001}, '1:1')
    """
    try:
        check_depth(text)
        found = yaml.compose(text, _LOADER)
    except yaml.YAMLError as error:
        raise ConfigError(_unreadable(error, text, locate, language)) from error
    if found is None:
        return Node(None, locate(yaml.Mark("", 0, 0, 0, None, 0)))
    start = locate(found.start_mark)
    try:
        return _Builder(locate, problems).build(found, (), start)
    except RecursionError:
        raise ConfigError(f"{start}: nested too deeply") from None
    except _TooMany:
        raise ConfigError(f"{start}: holds more than a million values") from None


class _TooMany(Exception):
    """A config holds more values than anyone can mean."""


class _Builder:
    """Turns the nodes of the YAML library into ours."""

    def __init__(self, locate: Locate, problems: list[str]) -> None:
        self.locate = locate
        self.problems = problems
        self.open: list[yaml.Node] = []
        self.built = 0

    def build(self, node: yaml.Node, path: KeyPath, where: str) -> Node:
        self.built += 1
        if self.built > _MOST:
            raise _TooMany
        if node in self.open:
            return self._refuse(where, path, "contains itself")
        self.open.append(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
                return self._map(node, path, where)
            if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
                items = enumerate(node.value)
                return Node([self._item(item, (*path, i)) for i, item in items], where)
            return self._scalar(node, path, where)
        finally:
            self.open.pop()

    def _item(self, node: yaml.Node, path: KeyPath) -> Node:
        return self.build(node, path, self.locate(node.start_mark))

    def _map(self, node: yaml.MappingNode, path: KeyPath, where: str) -> Node:
        found: dict[str, Node] = {}
        for key, value in node.value:
            place = self.locate(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(place, path, "a key must be a single word")
                continue
            inner = (*path, key.value)
            if key.value in found:
                first = found[key.value].where
                self._refuse(place, inner, f"written twice, first at {first}")
            found[key.value] = self.build(value, inner, place)
        return Node(dict(found), where)

    def _scalar(self, node: yaml.Node, path: KeyPath, where: str) -> Node:
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.ScalarNode):
            if tag == "str":
                return Node(node.value, where)
            for name, pattern, _, value in _PLAIN:
                if tag == name and re.fullmatch(pattern, node.value):
                    if name == "int" and len(node.value) > _DIGITS:
                        text = f"is a number of {len(node.value)} digits"
                        return self._refuse(where, path, text)
                    return Node(value(node.value), where)
        shown = "!!" + tag if tag != node.tag else tag
        return self._refuse(where, path, f"{shown} is not allowed here; write a plain value")

    def _refuse(self, where: str, path: KeyPath, text: str) -> Node:
        self.problems.append(": ".join(filter(None, [where, dotted(path), text])))
        return Node(None, where)


def _unreadable(error: yaml.YAMLError, text: str, locate: Locate, language: str) -> str:
    """Say in one line where and why the text cannot be read."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # a character that YAML does not know
        mark = yaml.Mark("", 0, 0, 0, None, 0)
        return f"{locate(mark)}: not valid {language}: {str(error).splitlines()[0]}"
    reason = " ".join(filter(None, [error.problem, error.context]))  # type: ignore[attr-defined]
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    tab = "; indent with spaces, not with tabs" if "\t" in line[: mark.column + 1] else ""
    return f"{locate(mark)}: not valid {language}: {reason}{tab}"


def _base() -> Any:
    return yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def _loader() -> Any:
    """Return a loader class that knows the plain values above and no others."""
    loader: Any = type("Loader", (_base(),), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first, _ in _PLAIN:
        begins = [*first, ""] if tag == "null" else list(first)
        loader.add_implicit_resolver(_TAG + tag, re.compile(f"(?:{pattern})$"), begins)
    return loader


_LOADER = _loader()
