"""A component in one word: ``data: mnist`` for ``data: {name: mnist}``, in files and overrides."""

from collections.abc import Iterable

from snnrun.config.fields import Entries, Shape, select, shapes
from snnrun.config.tree import Node
from snnrun.core.named import Named
from snnrun.core.registry import Settings


def spell_out(node: Node, root: type[Settings]) -> None:
    """Write each component that stands as its name alone as a map, within ``node``.

    Args:
        node: a config, or a map in one that ``root`` checks.
        root: the class of its settings.
    """
    if not isinstance(node.value, dict):
        return
    settings = select([root], _names(node.value))
    for name, field in settings.model_fields.items():
        if name in node.value:
            _spell(node.value[name], shapes(field))


def _spell(node: Node, choices: Iterable[Shape]) -> None:
    """Do so where ``choices`` may stand."""
    choices = list(choices)
    if isinstance(node.value, list | dict):
        listed = isinstance(node.value, list)
        entries = [each for each in choices if isinstance(each, Entries) and each.keyed != listed]
        holds = [shape for each in entries for shape in each.holds]
        inner = node.value if isinstance(node.value, list) else node.value.values()
        for each in inner if holds else ():
            _spell(each, holds)
    plain = [each for each in choices if not isinstance(each, Entries)]
    if isinstance(node.value, dict) and plain:
        spell_out(node, select(plain, _names(node.value)))
    elif isinstance(node.value, str) and any(isinstance(each, Named) for each in plain):
        node.value = {"name": Node(node.value, node.where)}


def _names(value: dict[str, Node]) -> dict[str, object]:
    """Return the keys of a map, with what is plain of their values: its name is."""
    return {
        key: None if isinstance(node.value, dict | list) else node.value
        for key, node in value.items()
    }
