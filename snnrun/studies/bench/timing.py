"""Calls that take turns, so that whatever else the machine does slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")
TURN_S = 1e-3  # that a turn lasts at least: a shorter call is made several times


class Spread(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        """Sum up at least two numbers.

        Example:
            >>> Spread.of([1.0, 2.0, 3.0])
            Spread(median=2.0, low=1.5, high=2.5)
        """
        low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
        return cls(median, low, high)

    @property
    def relative(self) -> float:
        """The middle half of the numbers, as a share of the median."""
        return (self.high - self.low) / self.median


def in_turns(
    calls: Mapping[Name, Callable[[], object]], seconds: float, least: int = 4
) -> dict[Name, list[float]]:
    """Return the milliseconds of each call, turn by turn, after a warm-up.

    Args:
        calls: by name.
        seconds: that all of them take together.
        least: turns that there are, however long they take.
    """
    spent: dict[Name, list[float]] = {name: [] for name in calls}
    repeats = {name: _repeats(call) for name, call in calls.items()}
    end, turns = time.perf_counter() + seconds, 0
    while turns < least or time.perf_counter() < end:
        for name, call in calls.items():
            took = sum(_seconds(call) for _ in range(repeats[name]))
            spent[name].append(1e3 * took / repeats[name])
        turns += 1
    return spent


def _repeats(call: Callable[[], object]) -> int:
    """Call to warm up; return how often a turn calls."""
    seconds = _seconds(call)
    if seconds < TURN_S:  # the first call of all may have loaded something
        seconds = _seconds(call)
    return 1 + int(TURN_S / max(seconds, 1e-7))


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
