"""Read a foreign config key by key, so that nothing it says is lost or misunderstood in silence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from snnrun.core.registry import near
from snnrun.errors import ConfigError

KeyPath = tuple[str | int, ...]
#: Where the value at a path was written, such as ``their.yaml:18:3``; "" where nobody knows.
Where = Callable[[KeyPath], str]


def nowhere(path: KeyPath) -> str:
    """Return no place, for a config that was read from no file."""
    return ""


@dataclass
class Report:
    """What is wrong with a config, and what is worth knowing of its translation."""

    where: Where = nowhere
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    idle: dict[str, None] = field(default_factory=dict)

    def problem(self, path: KeyPath, text: str) -> None:
        """Add something that keeps the config from being translated."""
        self.problems.append(self._line(path, text))

    def note(self, path: KeyPath, text: str) -> None:
        """Add something that the writer of the config should know."""
        self.notes.append(self._line(path, text))

    def _line(self, path: KeyPath, text: str) -> str:
        return ": ".join(filter(None, [self.where(path), ".".join(map(str, path)), text]))


class Keys:
    """A map of the config; remembers which of its keys were asked for.

    What is no map is one problem, and nothing more is said of what it lacks.
    """

    def __init__(self, content: Any, path: KeyPath, report: Report) -> None:
        self.path, self.report = path, report
        self.left: dict[str, Any] = {}
        self.asked: set[str] = set()
        if isinstance(content, dict):
            self.left.update(content)
        else:
            report.problem(
                path, "missing" if content is None else "must be a map of keys to values"
            )
            self.report = Report()

    def __contains__(self, key: str) -> bool:
        return key in self.left

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key that may be absent."""
        self.asked.add(key)
        return self.left.pop(key, default)

    def need(self, key: str) -> Any:
        """Return the value of a key that the original needs as well."""
        if key not in self.left:
            self.report.problem((*self.path, key), "missing")
        return self.get(key)

    def switch(self, key: str) -> Any:
        """Return a value that may be switched off: null, false and an absent key give None."""
        value = self.get(key)
        return None if value is False else value

    def option(self, key: str, default: Any) -> Any:
        """Return a value; the default where it is absent or switched off."""
        value = self.switch(key)
        return default if value is None else value

    def listed(self, key: str) -> list[Any]:
        """Return a list that is needed."""
        there, value = key in self, self.need(key)
        if isinstance(value, list):
            return value
        if there:
            self.problem(key, "must be a list")
        return []

    def part(self, key: str) -> "Keys":
        """Return the map under a key that is needed."""
        return Keys(self.get(key), (*self.path, key), self.report)

    def part_if_any(self, key: str) -> "Keys | None":
        """Return the map under a key that may be absent or switched off."""
        content = self.switch(key)
        return None if content is None else Keys(content, (*self.path, key), self.report)

    def parts(self, key: str) -> list["Keys"]:
        """Return the maps in a list, none where it is absent or switched off."""
        content = enumerate(self.listed(key) if self.left.get(key) else [])
        self.get(key)
        return [Keys(each, (*self.path, key, i), self.report) for i, each in content]

    def drop(self, *keys: str) -> None:
        """Pass over keys that have no meaning here; one note names them all."""
        for key in keys:
            if key in self.left:
                self.report.idle[key] = None
            self.get(key)

    def ignore(self, *keys: str) -> None:
        """Pass over keys that say nothing of their own."""
        for key in keys:
            self.get(key)

    def problem(self, key: str, text: str) -> None:
        """Say what is wrong with a key."""
        self.report.problem((*self.path, key), text)

    def note(self, key: str, text: str) -> None:
        """Say something of a key."""
        self.report.note((*self.path, key), text)

    def close(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self.left:
            guess = near(str(key), self.asked)
            hint = f"; did you mean {guess!r}?" if guess else ""
            self.problem(str(key), f"unknown key{hint}")


@dataclass(frozen=True)
class Translation:
    """Our config as a plain map, and what its writer should know."""

    config: dict[str, Any]
    notes: tuple[str, ...]


def translation(top: Keys, config: dict[str, Any]) -> Translation:
    """Return what became of a config, once all of it was read.

    Raises:
        ConfigError: with a line for every key that cannot be honoured.
    """
    top.close()
    report = top.report
    if report.problems:
        raise ConfigError(report.problems)
    if report.idle:
        report.note((), f"without meaning here: {', '.join(report.idle)}")
    return Translation(config, tuple(report.notes))
