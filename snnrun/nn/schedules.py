"""Constants that change with the epoch, such as the sharpness of a surrogate derivative.

A schedule is called for its value, stepped after each epoch, and saved with a checkpoint:

    alpha = growth(1.0, 2.0, epochs=100);  LIF.snetx(alpha=alpha);  alpha.step()

The values are those of :mod:`snnrun.learning.functions`; snetx calls the first EvolvedAlpha and the
others warm-ups, of cycles whose first is one epoch longer than ours.
"""

from typing import Any

from snnrun.core.position import Horizon
from snnrun.learning.functions import (
    ExponentialSettings,
    FunctionSettings,
    LinearSettings,
    Moment,
    StepSettings,
    WaveSettings,
)
from snnrun.nn.checked import checked

_TARGET = "sharpness"


class Schedule:
    """A number that is a function of the epoch.

    Args:
        initial: at epoch 0.
        function: of the epoch; any of :mod:`snnrun.learning.functions`.
        epochs: how long the run is, for functions that go by that.

    Example:
        >>> alpha = growth(1.0, 3.0, epochs=4)
        >>> alpha.step(), alpha()
        (None, 1.5)
    """

    def __init__(self, initial: float, function: FunctionSettings, epochs: int = 1) -> None:
        self.initial, self.function, self.epochs, self.epoch = initial, function, epochs, 0

    def __call__(self) -> float:
        """Return the number at this epoch."""
        moment = Moment(self.epoch, 0, Horizon(self.epochs, 1, 1))
        return self.function.value(self.initial, moment)

    def step(self) -> None:
        """Go on to the next epoch."""
        self.epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state`` was."""
        self.epoch = int(state["epoch"])


def growth(initial: float, final: float, epochs: int) -> Schedule:
    """Grow, or fall, along a straight line to ``final`` at so many epochs, and beyond.

    snetx: ``EvolvedAlpha(base)`` with ``e_max`` is ``growth(base, base * (1 + e_max), epoch)``.

    Raises:
        ValueError: no epochs, or an initial value that is not positive.
    """
    factor = final / _positive(initial)
    return Schedule(initial, checked(LinearSettings, target=_TARGET, factor=factor, epochs=epochs))


def step_warm_up(initial: float, every: int, gamma: float, cycle: int | None = None) -> Schedule:
    """Multiply by ``gamma`` after every so many epochs, and begin anew after a cycle.

    Raises:
        ValueError: a number out of range.

    Example:
        >>> alpha = step_warm_up(1.0, every=1, gamma=2.0, cycle=2)
        >>> [(alpha(), alpha.step())[0] for _ in range(4)]
        [1.0, 2.0, 1.0, 2.0]
    """
    words = {"every": every, "gamma": gamma, "cycle": cycle}
    return Schedule(initial, checked(StepSettings, target=_TARGET, **words))


def exponential_warm_up(initial: float, gamma: float, cycle: int | None = None) -> Schedule:
    """Multiply by ``gamma`` after every epoch, and begin anew after a cycle.

    Raises:
        ValueError: a number out of range.

    Example:
        >>> alpha = exponential_warm_up(1.0, gamma=2.0)
        >>> [(alpha(), alpha.step())[0] for _ in range(4)]
        [1.0, 2.0, 4.0, 8.0]
    """
    words = {"gamma": gamma, "cycle": cycle}
    return Schedule(initial, checked(ExponentialSettings, target=_TARGET, **words))


def linear_warm_up(initial: float, final: float, cycle: int) -> Schedule:
    """Grow along a straight line to ``final`` at the end of a cycle, then begin anew.

    Raises:
        ValueError: no cycle, or an initial value that is not positive.
    """
    factor = final / _positive(initial)
    return Schedule(initial, checked(LinearSettings, target=_TARGET, factor=factor, cycle=cycle))


def cosine_warm_up(initial: float, crest: float, cycle: int) -> Schedule:
    """Rise along half a cosine to ``crest`` and fall along the other half, in each cycle.

    Raises:
        ValueError: no cycle, or a value that is not positive.
    """
    factor = crest / _positive(initial)
    return Schedule(initial, checked(WaveSettings, target=_TARGET, factor=factor, cycle=cycle))


def _positive(initial: float) -> float:
    if not initial > 0:
        raise ValueError(f"initial: must be more than 0, got {initial:g}")
    return initial
