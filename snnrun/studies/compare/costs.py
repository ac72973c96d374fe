"""What training took, and what an answer takes: as the runs tell, and as inference has kept.

Spikes and synaptic operations stand in the evaluation that ``snnrun inference`` leaves in a run
folder: of the epoch that is compared, else of the latest one that was evaluated.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnrun.core.energy import energy
from snnrun.core.shell import typed
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.layers import rows
from snnrun.studies.compare.kept import kept
from snnrun.studies.compare.statistics import Spread, spread_of
from snnrun.studies.gathering import Found


@dataclass(frozen=True)
class Cost:
    """What one run cost; None: not known.

    seconds: of training.
    memory: bytes that the process took at most while it trained.
    parameters: that learn.
    spikes: of all layers, for a sample.
    accumulations, multiplications: synaptic operations of a sample.
    steps: after which the answer no longer changes; the mean.
    time: of the first output spike, tau_syn; the mean of the samples that have one.
    epoch: whose evaluation tells all but the first two.
    """

    seconds: float | None = None
    memory: float | None = None
    parameters: float | None = None
    spikes: float | None = None
    accumulations: float | None = None
    multiplications: float | None = None
    steps: float | None = None
    time: float | None = None
    epoch: int | None = None

    @property
    def operations(self) -> float | None:
        """All synaptic operations of a sample."""
        if self.accumulations is None or self.multiplications is None:
            return None
        return self.accumulations + self.multiplications

    @property
    def energy(self) -> float | None:
        """What they take, in J: see :mod:`snnrun.core.energy`."""
        if self.accumulations is None or self.multiplications is None:
            return None
        return energy(self.accumulations, self.multiplications)


class Kind(NamedTuple):
    """A cost that tables show: its name in files, its heading, what it is divided by there, and
    whether all its digits are shown.
    """

    name: str
    heading: str
    unit: float
    of: Callable[[Cost], float | None]
    whole: bool = False


KINDS = (
    Kind("seconds", "training (s)", 1.0, lambda cost: cost.seconds),
    Kind("memory_bytes", "memory (MB)", 1e6, lambda cost: cost.memory),
    Kind("parameters", "parameters", 1.0, lambda cost: cost.parameters, whole=True),
    Kind("spikes", "spikes", 1.0, lambda cost: cost.spikes),
    Kind("operations", "operations", 1.0, lambda cost: cost.operations),
    Kind("energy_joule", "energy (nJ)", 1e-9, lambda cost: cost.energy),
    Kind("latency_steps", "latency (steps)", 1.0, lambda cost: cost.steps),
    Kind("latency_tau_syn", "latency (tau_syn)", 1.0, lambda cost: cost.time),
)


def cost_of(run: Found, epoch: int, split: str) -> Cost:
    """Return what a run cost.

    Args:
        run: which.
        epoch: whose evaluation is wanted.
        split: of which.
    """
    known = Cost(*(run.summary.get(key) or None for key in ("seconds", "memory")))
    found = kept(run, epoch, split, ("spikes", "cost"))
    try:
        return known if found is None else _with_answers(known, found)
    except (KeyError, TypeError, ValueError):  # its arrays are not those of a measure
        return known


def _with_answers(known: Cost, found: Evaluation) -> Cost:
    """Return what is known of a run, and of its answers."""
    sent = [each["spikes"] for each in rows(found.of("spikes")).values()]
    layers = rows(found.of("cost")).values()
    learning = found.of("cost").get("learning")
    return replace(
        known,
        parameters=None if learning is None else float(learning),
        spikes=sum(sent) if sent else None,
        accumulations=sum(each["accumulations"] for each in layers) if layers else None,
        multiplications=sum(each["multiplications"] for each in layers) if layers else None,
        epoch=found.epoch,
        **_latency(found.of("decisions")),
    )


def _latency(decisions: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """Return how long an answer takes, as far as it was measured."""
    if "time" in decisions:
        return {"time": float(decisions["time"])}
    if "decided" not in decisions:
        return {}
    decided = decisions["decided"]
    return {"steps": float((decided * np.arange(1, len(decided) + 1)).sum() / decided.sum())}


def cost_spreads(costs: Sequence[Cost]) -> dict[str, Spread]:
    """Return what the runs of a group cost, by the names of :data:`KINDS`."""
    found = {}
    for kind in KINDS:
        values = [v for v in map(kind.of, costs) if v is not None and math.isfinite(v)]
        if values:
            found[kind.name] = spread_of(values)
    return found


def cost_notes(runs: Iterable[tuple[Found, int, Cost]], split: str) -> list[str]:
    """Return what is to be said of costs that are missing, or of another epoch.

    Args:
        runs: each with the epoch that is compared.
        split: that is compared.
    """
    every, notes = list(runs), list[str]()
    option = "" if split == "test" else f" --split {split}"
    bare = [(run.path, epoch) for run, epoch, cost in every if cost.epoch is None]
    if bare:
        path, epoch = bare[0]
        notes.append(
            f"spikes, operations and energy are known of {len(every) - len(bare)} of {len(every)} "
            f"runs; what finds them: snnrun inference {typed(path)} {epoch}{option}"
        )
    other = sum(cost.epoch not in (None, epoch) for _, epoch, cost in every)
    if other:
        notes.append(
            f"of {other} runs, spikes, operations and energy are those of another epoch than the "
            "rest: the one that inference looked at"
        )
    unknown = sum(cost.memory is None for *_, cost in every)
    if 0 < unknown < len(every):
        notes.append(f"{unknown} runs of an earlier version do not tell their memory")
    return notes
