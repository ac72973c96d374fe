"""Config files and overrides as one tree of plain values; see ``tree`` for what they may hold.

``extends: base.yaml`` or ``extends: [a.yaml, b.yaml]`` starts from other files, named relative to
the file that says so, or from a config that comes with snnrun (``extends: first_spike_mnist``):
maps merge, everything else replaces what was there. A map that names another thing
(``{name: sgd}`` over ``{name: adam, lr: 0.1}``) replaces the whole map.

A component may be its name alone: ``data: mnist`` is ``data: {name: mnist}``, and merges so.

``train.optimizer.lr=0.1`` sets one value, ``model.layers.0.size=30`` one in a list, of which ``-1``
is the last; ``model.layers.+={size: 30}`` appends one. A key that holds a dot is quoted, and the
quotes hidden from the shell: ``'model.rates."a.b"=3'``. From Python, both
may be maps: :mod:`snnrun.config.given`.

JSON is YAML; comments (``//``, ``/* */``) and a last comma are allowed in it.

A config of another program that ``snnrun.compat`` knows is translated before anything else; it may
be a folder with several files.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from snnrun.config.given import Overrides, Put, each_of, plain_of
from snnrun.config.shipped import located
from snnrun.config.texts import SUFFIXES as SUFFIXES
from snnrun.config.texts import Room, TooMuch, real, text_of
from snnrun.config.tree import DEEPEST, Node, count_values, parse
from snnrun.config.wording import shown
from snnrun.core.paths import KeyPath, dotted, steps
from snnrun.errors import ConfigError

#: Stands above this module and is found by name, as the entries of tables are.
_COMPAT = "snnrun.compat"
_MAP = "config"  # what errors say of the place of a config that is no file


@dataclass
class Document:
    """A config, where each of its values was written, and what was wrong with single ones.

    files: those that it was read from, each after those that it extends.
    """

    root: Node
    problems: list[str] = field(default_factory=list)
    files: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """The config as maps, lists and plain values."""
        data: dict[str, Any] = self.root.plain()
        return data

    def where(self, path: KeyPath) -> str:
        """Return where the value at ``path`` was written, or the nearest value around it."""
        return list(self.root.along(path))[-1].where

    def node(self, path: KeyPath) -> Node | None:
        """Return the value at ``path``, if there is one."""
        found = list(self.root.along(path))
        return found[-1] if len(found) > len(path) else None

    def is_overridden(self, path: KeyPath) -> bool:
        """Tell whether an override wrote the value at ``path``."""
        node = self.node(path)
        return node is not None and is_override(node.where)

    def rank(self, node: Node) -> int:
        """Return how late a value was said: in a file, in a map on top of them, in an override."""
        if is_override(node.where):
            return len(self.files) + 1
        file = node.where.rsplit(":", 2)[0]
        return self.files.index(file) if file in self.files else len(self.files)


def is_override(where: str) -> bool:
    """Tell whether a value was written in an override, not in a file."""
    return re.fullmatch(r"override \d+", where) is not None


def read_config(path: Path | Mapping[str, Any], overrides: Overrides = ()) -> Document:
    """Read a config file, the files that it extends, and overrides.

    Args:
        path: the file; or a config as a map, which stands in the working folder.
        overrides: settings that go before those of the file.

    Raises:
        ConfigError: a file is absent, is not valid YAML or JSON, or holds no map.
    """
    files = _Files()
    if isinstance(path, Mapping):
        root = files.of_map(path)
    else:
        parts = import_module(_COMPAT).config_files(path) if path.is_dir() else []
        root = _ours(files.together(path, parts), path) if parts else files.read(path, ())
    return replace(_overridden(root, overrides, files.problems, files.room), files=files.names)


def document_of(plain: dict[str, Any], where: str, overrides: Overrides = ()) -> Document:
    """Return a config that stands in no file of its own, with overrides.

    Args:
        plain: the config.
        where: what is said to be the place of all that is not overridden.
        overrides: settings that go before those of the config.
    """
    return _overridden(Node.of(plain, where), overrides, [], Room())


def _overridden(root: Node, overrides: Overrides, problems: list[str], room: Room) -> Document:
    for number, override in enumerate(each_of(overrides), start=1):
        where = f"override {number}"
        try:
            if isinstance(override, Put):
                _put(root, override, where, room)
            else:
                room.take("size", len(override))
                _override(root, override, where, problems, room)
        except TooMuch as error:
            problems.append(f"{where}: with it, the config {error}")
            break
        except ConfigError as error:
            problems.extend(error.problems)
    return Document(root, problems)


def read_plain(path: Path) -> dict[str, Any]:
    """Return a config of another program as it stands: one file, or a folder of them.

    Raises:
        ConfigError: a file is absent, is not valid YAML or JSON, or holds no map.
    """
    files = _Files()
    parts = import_module(_COMPAT).config_files(path) if path.is_dir() else [path]
    plain: dict[str, Any] = files.together(path, parts).plain()
    if files.problems:
        raise ConfigError(files.problems)
    return plain


class _Files:
    """Reads the files of one config, each of them once."""

    def __init__(self) -> None:
        self.room = Room()
        self.problems: list[str] = []
        self._known: dict[Path, Node] = {}
        self.names: tuple[str, ...] = ()

    def read(self, path: Path, chain: tuple[Path, ...], prefix: str = "") -> Node:
        """Return a file on top of those that it extends.

        Args:
            path: of the file.
            chain: leads from the first file to the one that extends this one.
            prefix: says which one that is.
        """
        whole = real(path)
        if whole not in self._known:
            self._known[whole] = self._extended(path, text_of(path, self.room, prefix), chain)
            self.names += (str(path),)
        return self._known[whole]

    def of_map(self, plain: Mapping[str, Any]) -> Node:
        """Return a config that is no file, on top of the files that it extends."""
        root = Node.of(plain_of(plain, _MAP), _MAP)
        self.room.take("values", count_values(root.plain()))
        return self._on_bases(_ours(root, Path()), Path(), ())

    def _extended(self, path: Path, text: str, chain: tuple[Path, ...]) -> Node:
        root = _ours(self._parse(path, text), path.parent)
        return self._on_bases(root, path.parent, (*chain, real(path)))

    def _on_bases(self, root: Node, folder: Path, chain: tuple[Path, ...]) -> Node:
        assert isinstance(root.value, dict)
        merged = Node({}, root.where)
        for base, where in _bases(root.value.pop("extends", None)):
            file = located(base, folder)
            if real(file) in chain:
                raise ConfigError(f"{where}: extends: {base} ends up extending itself")
            merged = _merge(merged, self.read(file, chain, f"{where}: extends: "))
        return _merge(merged, root)

    def _parse(self, path: Path, text: str) -> Node:
        """Return what one file holds by itself, which must be a map."""
        language = "JSON" if path.suffix == ".json" else "YAML"
        if language == "JSON":
            text = _without_comments(text)

        def locate(at: Any) -> str:
            return f"{path}:{at.line + 1}:{at.column + 1}"

        root = parse(text, locate, self.problems, language, self.room)
        if not isinstance(root.value, dict):
            what = "this one is empty" if root.value is None else f"got {shown(root.plain())}"
            raise ConfigError(f"{root.where}: a config is a map of keys to values; {what}")
        return root

    def together(self, folder: Path, parts: Sequence[Path]) -> Node:
        """Return the config of another program that several files make; later ones win."""
        merged = Node({}, str(folder))
        for part in parts:
            merged = _merge(merged, self._parse(part, text_of(part, self.room)))
        return Node(merged.value, str(folder))


def _ours(root: Node, folder: Path) -> Node:
    """Return the translation of a config of another program; ours as it is.

    Its values are all said to stand where the file begins.
    """
    found = import_module(_COMPAT).translated(
        root.plain(), lambda path: list(root.along(path))[-1].where, folder
    )
    if found is None:
        return root
    for note in found.notes:
        logging.getLogger(_COMPAT).warning(note)
    return Node.of(found.config, root.where)


def _bases(extends: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the files that a config extends and where it says so."""
    if extends is None:
        return
    for node in extends.value if isinstance(extends.value, list) else [extends]:
        if not isinstance(node.value, str):
            raise ConfigError(f"{node.where}: extends: must be a file or a list of files")
        yield node.value, node.where


def _merge(below: Node, above: Node) -> Node:
    """Return ``above`` filled up with what only ``below`` has."""
    low, high = _spelt(below, above), _spelt(above, below)
    if low is None or high is None:
        return above
    names = [each["name"].value for each in (low, high) if "name" in each]
    if names[1:] and names[0] != names[1] and all(isinstance(name, str) for name in names):
        return above
    merged = {key: _merge(low[key], node) if key in low else node for key, node in high.items()}
    return Node({**low, **merged}, above.where)


def _spelt(node: Node, other: Node) -> dict[str, Node] | None:
    """Return a map; a word beside a map with a name is one, too; else None."""
    if isinstance(node.value, str) and isinstance(other.value, dict) and "name" in other.value:
        return {"name": Node(node.value, node.where)}
    return node.value if isinstance(node.value, dict) else None


def _override(root: Node, text: str, where: str, problems: list[str], room: Room) -> None:
    """Set the value that ``text``, such as ``train.epochs=5``, asks for."""
    path, value = steps(text)
    if value is None or not all(path):
        got = shown(text)
        raise ConfigError(f"{where}: expected key=value, such as train.epochs=100, got {got}")
    target = _target(root, path, where)
    new = parse(value, lambda _: where, problems, room=room).value
    if path[-1] != "name" or new != target.value:  # the same name again changes nothing
        target.value, target.where = new, where


def _put(root: Node, given: Put, where: str, room: Room) -> None:
    """Put a value where a map of overrides has it; maps are merged, as by ``extends``."""
    path, value = steps(given.key)
    if value is not None or not all(path):
        raise ConfigError(f"{where}: expected a key such as train.epochs, got {shown(given.key)}")
    new = Node.of(plain_of(given.value, where, tuple(path)), where)
    room.take("values", count_values(new.plain()))
    target = _target(root, path, where)
    if path[-1] != "name" or new.value != target.value:  # the same name again changes nothing
        target.value, target.where = _merge(target, new).value, where


def _target(root: Node, path: list[str], where: str) -> Node:
    """Return what lies at a path; what is not there yet is made."""
    if len(path) > DEEPEST:
        raise ConfigError(f"{where}: names a key {len(path)} deep; expected at most {DEEPEST}")
    target = root
    for depth in range(len(path)):
        if isinstance(target.value, str):  # a component in one word, of which a setting follows
            target.value = {"name": Node(target.value, target.where)}
        elif not isinstance(target.value, dict | list):
            target.value, target.where = {}, where
        target = _child(target, path[depth:], where, dotted(tuple(path[:depth])))
    return target


def _child(node: Node, rest: list[str], where: str, owner: str) -> Node:
    """Return what ``node`` holds under the first key or index in ``rest``; a new key is made."""
    part = rest[0]
    start = f"{where}: {owner}: " if owner else f"{where}: "
    if isinstance(node.value, list):
        if part == "+":
            node.value.append(Node(None, where))
        place = -1 if part == "+" else int(part) if re.fullmatch(r"-?[0-9]+", part) else None
        size = len(node.value)
        if place is None or not -size <= place < size:
            has = f"entries 0 to {size - 1}" if size else "no entries"
            raise ConfigError(f"{start}is a list with {has}; it has no {part!r}; '+' appends one")
        return node.value[place]
    assert isinstance(node.value, dict)
    if part not in node.value:
        meant = _unquoted(rest, node.value)
        if meant:
            whole = ".".join(filter(None, [owner, meant]))
            raise ConfigError(f"{start}has no {part!r}; dots in a key are quoted: '{whole}=...'")
    return node.value.setdefault(part, Node(None, where))


def _unquoted(rest: list[str], known: Iterable[str]) -> str | None:
    """Return ``rest`` with quotes, if it begins with the parts of a known key that has dots."""
    for key in known:
        parts = key.split(".")
        if rest[: len(parts)] == parts:
            return dotted((key, *rest[len(parts) :]))
    return None


def _without_comments(text: str) -> str:
    """Blank out // and /* */ outside quotes; lines and columns stay where they are."""

    def blank(found: re.Match[str]) -> str:
        token = found.group()
        stays = token.startswith('"') or (token.startswith("/*") and not token.endswith("*/"))
        return token if stays else re.sub(r"[^\n]", " ", token)

    # What is not closed is taken up to the end, so that no character is looked at twice.
    return re.sub(
        r'"(?:\\.|[^"\\])*(?:"|\\?\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', blank, text, flags=re.DOTALL
    )
