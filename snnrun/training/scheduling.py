"""The schedules of a training at work: they set what they are of, and remember what they watch.

What each schedule does stands in :mod:`snnrun.learning.schedules`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.optim import Optimizer

from snnrun.core.position import Horizon
from snnrun.core.registry import LARGEST
from snnrun.errors import DataError, DivergedError
from snnrun.learning.schedules import (
    RATE,
    SCHEDULERS,
    Each,
    FunctionSettings,
    Moment,
    PlateauSettings,
    ScheduleSettings,
    Values,
)

Memory = dict[str, Any]


def _value(schedule: FunctionSettings, initial: float, moment: Moment) -> float:
    found = schedule.value(initial, moment)
    if not abs(found) <= LARGEST:
        raise DivergedError(f"its schedule brings {schedule.target} to {found:g}")
    return found


class Schedules:
    """The schedules of one training.

    Args:
        settings: of the schedules.
        optimizer: whose learning rates they may change; None where there is none.
        targets: how to set the other numbers, and what they are at first.
        horizon: how far training goes.
    """

    def __init__(
        self,
        settings: Sequence[ScheduleSettings],
        optimizer: Optimizer | None,
        targets: Mapping[str, tuple[float, Callable[[float], None]]],
        horizon: Horizon,
    ) -> None:
        self.horizon, self.optimizer, self.targets = horizon, optimizer, targets
        self.functions = [each for each in settings if isinstance(each, FunctionSettings)]
        watching = [each for each in settings if isinstance(each, PlateauSettings)]
        self.watching: dict[str, tuple[PlateauSettings, Any]] = {}
        groups = optimizer.param_groups if optimizer else []
        self._rates = [group["lr"] for group in groups]
        for each in watching if optimizer else []:
            build = SCHEDULERS.entry_of(each).load()
            self.watching[each.target] = each, build(optimizer, **each.arguments())

    @property
    def count_updates(self) -> bool:
        """Whether any of them has something to do at each update."""
        every = [*self.functions, *(each for each, _ in self.watching.values())]
        return any(each.due("update") for each in every)

    @property
    def watch_updates(self) -> bool:
        """Whether any of them looks at the loss of each update."""
        return any(each.due("update") for each, _ in self.watching.values())

    def apply(self, epoch: int, update: int = 0) -> None:
        """Set every target that is a function of the moment to its value now.

        Raises:
            DivergedError: single precision does not hold it.
        """
        for each in self.functions:
            moment = Moment(epoch, update if each.due("update") else 0, self.horizon)
            if each.target == RATE:
                groups = self.optimizer.param_groups if self.optimizer else []
                for group, initial in zip(groups, self._rates, strict=True):
                    group["lr"] = _value(each, initial, moment)
            else:
                initial, put = self.targets[each.target]
                put(_value(each, initial, moment))

    def after(self, each: Each, values: Values) -> None:
        """Let those that watch a number look at those of an epoch, or of an update."""
        for settings, scheduler in self.watching.values():
            if settings.due(each):
                scheduler.step(settings.watched(values))

    # ---- state ----

    def state(self) -> dict[str, Memory]:
        """Return what those that watch a number remember, by target."""
        return {name: _memory(scheduler) for name, (_, scheduler) in self.watching.items()}

    def load(self, state: Mapping[str, Memory]) -> None:
        """Take up what an earlier session remembered.

        Raises:
            DataError: it is something else.
        """
        if state.keys() != self.watching.keys():
            raise DataError(f"schedules of {sorted(state)}; expected {sorted(self.watching)}")
        for name, (_, scheduler) in self.watching.items():
            own, memory = _memory(scheduler), state[name]
            wrong = [key for key in own.keys() | memory.keys() if not _alike(own, memory, key)]
            if wrong:
                raise DataError(f"schedule of {name}: {min(wrong)} is not what it should be")
            scheduler.__dict__.update(memory)


#: What the schedules that watch a number remember; everything else of them are settings.
_REMEMBERED = (
    "best", "num_bad_epochs", "cooldown_counter", "last_epoch",
    "filtered", "number", "memory", "largest", "lowest",
)  # fmt: skip
#: What of it is nothing until a loss came.
_LATER = ("filtered", "largest", "lowest")


def _memory(scheduler: Any) -> Memory:
    return {name: getattr(scheduler, name) for name in _REMEMBERED if hasattr(scheduler, name)}


def _alike(own: Memory, memory: Memory, key: str) -> bool:
    """Tell whether a remembered value is of the kind that it should be: counts, or numbers."""
    if key not in own or key not in memory:
        return False
    value = memory[key]
    if isinstance(own[key], int) and key != "best":
        return isinstance(value, int) and value >= 0
    if value is None:
        return key in _LATER
    return isinstance(value, int | float) and not math.isnan(value)
