"""What groups of a graph may be called, and in which order they step: by edges without a delay."""

import re
from collections.abc import Iterable, Sequence


def is_name(text: str) -> bool:
    """Whether a group may be called so: states name tensors by it, and edges it by an arrow.

    Example:
        >>> is_name("E_2"), is_name("layer.2"), is_name("a->b")
        (True, False, False)
    """
    return re.fullmatch(r"\w(?:[\w+-]*\w)?", text) is not None


def ordered(names: Sequence[str], edges: Iterable[tuple[str, str, int]]) -> list[str]:
    """Return names so that each comes behind all that reach it without a delay; else as given.

    Args:
        names: of groups.
        edges: from, to, and the delay in steps.

    Raises:
        ValueError: edges without a delay form a cycle; the text names it.

    Example:
        >>> ordered(["out", "hidden", "in"], [("in", "hidden", 0), ("hidden", "out", 0)])
        ['in', 'hidden', 'out']
        >>> ordered(["a", "b"], [("a", "b", 0), ("b", "a", 0)])
        Traceback (most recent call last):
        ...
        ValueError: a -> b -> a: a cycle without a delay; expected one of 1 step or more in it
    """
    before: dict[str, list[str]] = {name: [] for name in names}
    for pre, post, delay in edges:
        if delay == 0:
            before[post].append(pre)
    done: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in path:
            cycle = [name, *reversed(path[path.index(name) :])]
            raise ValueError(
                f"{' -> '.join(cycle)}: a cycle without a delay; expected one of 1 step or more "
                "in it"
            )
        path.append(name)
        for each in before[name]:
            visit(each)
        path.pop()
        done.append(name)

    for name in names:
        visit(name)
    return done
