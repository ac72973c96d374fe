"""Compare kernels with their twins, then time both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from snnrun.core.cores import usable_cores
from snnrun.core.threads import threads as use
from snnrun.errors import ConfigError, SnnrunError
from snnrun.kernels.native import native
from snnrun.studies.bench.comparing import differences
from snnrun.studies.bench.kernels import Kernel
from snnrun.studies.bench.machine import PRODUCT_OPERATIONS, machine, product, triad
from snnrun.studies.bench.table import Row, Table
from snnrun.studies.bench.timing import Spread, in_turns
from snnrun.studies.bench.work import Work

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is done.

    large: whether inputs are as large as those of trainings.
    seconds: that all timings take together, if the least number of turns takes no longer.
    most: seconds that a kernel takes on a number of threads, however few there are to be timed.
    turns: that there are at least.
    every: whether on every number of threads, in place of 1, 2, 4, ... and the cores.
    """

    large: bool
    seconds: float
    most: float
    turns: int
    every: bool


QUICK = Effort(large=False, seconds=20.0, most=2.0, turns=3, every=False)
FULL = Effort(large=True, seconds=120.0, most=20.0, turns=5, every=True)


def thread_counts(asked: Sequence[int], effort: Effort) -> list[int]:
    """Return on how many threads to run, one number after the other.

    Raises:
        ConfigError: there are not as many cores.
    """
    cores = usable_cores()
    for count in asked:
        if not 1 <= count <= cores:
            raise ConfigError(
                f"bench: expected 1 to {cores} threads, the cores that this process may use, "
                f"got {count}"
            )
    if asked:
        return list(dict.fromkeys(asked))
    return list(range(1, cores + 1)) if effort.every else doublings(cores)


def doublings(most: int) -> list[int]:
    """Return 1, 2, 4, ... up to a number, and that number.

    Example:
        >>> doublings(6), doublings(1)
        ([1, 2, 4, 6], [1])
    """
    return [2**k for k in range(most.bit_length()) if 2**k < most] + [most]


def bench(
    kernels: Mapping[str, Kernel], counts: Sequence[int], effort: Effort, say: Say = print
) -> Table:
    """Compare all kernels with their twins on each number of threads; then time them.

    Without the compiled module, twins alone are timed.

    Args:
        kernels: by name.
        counts: numbers of threads.
        effort: how much is done.
        say: is told what is being done.

    Raises:
        SnnrunError: results differ; nothing was timed.
    """
    if native() is not None:
        compare(kernels, counts, effort.large, say)
    rows = []
    seconds = min(effort.most, effort.seconds / (len(kernels) * len(counts)))
    for name, kernel in kernels.items():
        say(f"{name}: timing")
        work = kernel.work(effort.large)
        for count in counts:
            with use(count):
                rows.append(timed(name, work, count, seconds, effort.turns))
    return Table(machine(), rows)


def compare(kernels: Mapping[str, Kernel], counts: Sequence[int], large: bool, say: Say) -> None:
    """Compare each kernel with its twin on each number of threads.

    Raises:
        SnnrunError: naming all that differ.
    """
    wrong = []
    for name, kernel in kernels.items():
        say(f"{name}: comparing with the twin")
        work = kernel.work(large)
        twin = work.comparable(work.twin())
        for count in counts:
            with use(count):
                found = differences(work, work.comparable(work.ours()), twin)
            words = f"{count} thread{'s' if count > 1 else ''}"
            wrong += [f"{name}, {words}: {text}" for text in found]
    if wrong:
        heading = "kernels compute something else than their twins; nothing was timed"
        raise SnnrunError("\n  ".join([f"bench: {heading}", *wrong]))


def timed(name: str, work: Work, threads: int, seconds: float, turns: int) -> Row:
    """Return what a kernel took beside its twin and beside what limits it.

    Args:
        name: of the kernel.
        work: its calls.
        threads: on how many it runs; torch has been told.
        seconds: that it takes.
        turns: that there are at least.
    """
    moving, moved = triad(work.bytes * work.elements)
    calls: dict[str, Callable[[], object]] = {"twin": work.twin}
    if native() is not None:
        calls |= {"ours": work.ours, "triad": moving, "product": product()}
    ms = in_turns(calls, seconds, turns)
    twin = Spread.of(ms["twin"])
    row = Row(
        name, work.size, work.elements, work.element, work.bytes, work.operations, threads,
        len(ms["twin"]), twin.median, twin.relative,
    )  # fmt: skip
    return row if native() is None else _beside(row, ms, moved)


def _beside(row: Row, ms: Mapping[str, Sequence[float]], moved: int) -> Row:
    """Add what ours took, and its shares of what the others did in the same turns.

    Args:
        row: with the twin alone.
        ms: of twin, ours, triad and product, turn by turn.
        moved: bytes of the triad.
    """
    ours, moving, multiplying = ms["ours"], ms["triad"], ms["product"]
    space = row.bytes * row.elements / moved
    work = None if row.operations is None else row.operations * row.elements / PRODUCT_OPERATIONS
    spread = Spread.of(ours)
    return replace(
        row,
        ms=spread.median,
        spread=spread.relative,
        times_faster=_ratio(ms["twin"], ours),
        triad_gb_s=1e-6 * moved / median(moving),
        product_gflop_s=1e-6 * PRODUCT_OPERATIONS / median(multiplying),
        of_bandwidth=space * _ratio(moving, ours),
        of_arithmetic=None if work is None else work * _ratio(multiplying, ours),
    )


def _ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the median of the ratios within a turn."""
    return median(a / b for a, b in zip(one, other, strict=True))
