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

from snnrun.config.texts import Room, TooMuch
from snnrun.core.paths import KeyPath, brief
from snnrun.errors import ConfigError

Scalar = str | int | float | bool | None
#: Turns the place of a token into text, e.g. ``yin_yang.yaml:18:3``.
Locate = Callable[[Any], str]

DEEPEST = 100
_TAG = "tag:yaml.org,2002:"
_DIGITS = 100  # of a whole number; Python writes no more than 4300 of a product
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


def count_values(plain: Any) -> int:
    """Return how many maps, lists and plain values there are in one of these, itself among them.

    Example:
        >>> count_values({"a": [1, 2], "b": 3})
        5
    """
    if isinstance(plain, dict):
        return 1 + sum(map(count_values, plain.values()))
    return 1 + sum(map(count_values, plain)) if isinstance(plain, list | tuple) else 1


def check_depth(text: str, most: int | None = None) -> None:
    """Refuse text that is nested deeper than anybody means; the C library would run out of stack.

    Args:
        text: YAML.
        most: values that it may hold; None: any number. Those that aliases copy are not counted.

    Raises:
        yaml.YAMLError: it is, or it is not YAML.
        TooMuch: it holds more.

    Example:
        >>> check_depth("a: [1, 2]")
    """
    depth = 0
    for number, event in enumerate(yaml.parse(text, _base())):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            where: Any = event.start_mark
            raise yaml.MarkedYAMLError(None, None, f"nested more than {DEEPEST} deep", where)
        if most is not None and number > 3 * most + 10:  # a value has three: key, start, end
            raise TooMuch(f"holds more than {most:,} values")


def parse(
    text: str,
    locate: Locate,
    problems: list[str],
    language: str = "YAML",
    room: Room | None = None,
) -> Node:
    """Read one document; what is wrong with single keys and values is added to ``problems``.

    Args:
        text: of the document.
        locate: says where something stands.
        problems: what is wrong is added to it.
        language: YAML, or what a reader takes it for.
        room: what the values are taken from; None: as much as a config may hold.

    Raises:
        ConfigError: the text is not YAML, or there is no room for what it holds.

    Example:
        >>> tree = parse("lr: 1e-3", lambda mark: f"{mark.line + 1}:{mark.column + 1}", [])
        >>> tree.plain(), tree.value["lr"].where
        ({'lr': 0.001}, '1:1')
    """
    room = room or Room()
    start = locate(yaml.Mark("", 0, 0, 0, None, 0))
    try:
        text.encode()
        check_depth(text, room.values)
        found = yaml.compose(text, _LOADER)
        if found is None:
            return Node(None, start)
        start = locate(found.start_mark)
        return _Builder(locate, problems, room).build(found, (), start)
    except UnicodeEncodeError as error:  # an argument of a command that was not UTF-8
        odd = text[error.start].encode("utf-8", "backslashreplace").decode()
        raise ConfigError(f"{start}: not UTF-8 text: it holds {odd}") from None
    except yaml.YAMLError as error:
        raise ConfigError(_unreadable(error, text, locate, language)) from error
    except RecursionError:
        raise ConfigError(f"{start}: nested more than {DEEPEST} deep") from None
    except TooMuch as error:
        raise ConfigError(f"{start}: the config {error}") from None


class _Builder:
    """Turns the nodes of the YAML library into ours."""

    def __init__(self, locate: Locate, problems: list[str], room: Room) -> None:
        self.locate = locate
        self.problems = problems
        self.room = room
        self.open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: KeyPath, where: str) -> Node:
        self.room.values -= 1
        if self.room.values < 0:
            self.room.take("values")
        if node in self.open:
            return self._refuse(where, path, "contains itself")
        if len(self.open) >= DEEPEST:  # aliases nest what the text does not
            raise RecursionError
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
        self.problems.append(": ".join(filter(None, [where, brief(path), text])))
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
