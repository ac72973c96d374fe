"""Monitors: the state of groups of neurons, as it is after each step.

Any tensor that a group has by name: ``spikes`` (PySNN's store_trace, which begins with a step of
zeros more), ``trace``, ``membranes``, ``thresholds``, ``theta``, ``currents``, ``recovery``, ...
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from snnrun.core.registry import near


class Monitors:
    """Keeps what is asked for of groups, step by step.

    Args:
        groups: by name; samples have begun.
        record: names of groups, and for each those of its tensors.

    Raises:
        ValueError: there is no such group, or it has no such tensor.
    """

    def __init__(
        self, groups: Mapping[str, nn.Module] | nn.ModuleDict, record: Mapping[str, Iterable[str]]
    ) -> None:
        for name in record:
            if name not in groups:
                raise ValueError(f"record: no group {name!r}; {_hint(name, groups)}")
        self._watched = [
            (groups[name], key, f"{name}.{key}") for name, keys in record.items() for key in keys
        ]
        self._kept: dict[str, list[Tensor]] = {place: [] for *_, place in self._watched}
        for group, key, place in self._watched:
            _state(group, key, place)

    def note(self) -> None:
        """Keep a copy of what groups are now."""
        for group, key, place in self._watched:
            self._kept[place].append(_state(group, key, place).clone())

    def recorded(self) -> dict[str, Tensor]:
        """Return what was kept, ``[time, batch, *shape]``, by ``group.tensor``.

        What all samples share, such as theta of :class:`~.lif.AdaptiveLIF`, is ``[time, *shape]``.
        """
        return {place: torch.stack(every) for place, every in self._kept.items()}


def _state(group: nn.Module, key: str, place: str) -> Tensor:
    value = getattr(group, key, None)
    if isinstance(value, Tensor):
        return value
    known = sorted(each for each in dir(group) if _is_state(group, each))
    if key == "trace" and "trace" not in known:
        raise ValueError(f"record: {place}: the group has no trace")
    raise ValueError(f"record: no {place}; {_hint(key, known)}")


def _is_state(group: nn.Module, key: str) -> bool:
    return not key.startswith(("_", "T_")) and isinstance(getattr(group, key, None), Tensor)


def _hint(name: str, known: Iterable[str]) -> str:
    guess = near(name, known)
    return f"did you mean {guess!r}?" if guess else f"known: {', '.join(known)}"
