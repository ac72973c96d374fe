"""What training took, and what an answer takes: as the runs tell, and as inference has kept.

Spikes and synaptic operations stand in the evaluation that ``snnrun inference`` leaves in a run
folder: of the epoch that is compared, else of the latest one that was evaluated.
"""

import math
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from snnrun.core.energy import energy
from snnrun.core.position import position
from snnrun.errors import SnnrunError
from snnrun.runs.evaluation import Evaluation, missing, stored
from snnrun.runs.folder import RunDir
from snnrun.runs.layers import rows
from snnrun.studies.compare.statistics import Spread, spread_of
from snnrun.studies.gathering import Found


@dataclass(frozen=True)
class Cost:
    """What one run cost; None: not known.

    seconds: of training.
    memory: bytes that the process took at most while it trained.
    spikes: of all layers, for a sample.
    accumulations, multiplications: synaptic operations of a sample.
    epoch: whose evaluation tells the last three.
    """

    seconds: float | None = None
    memory: float | None = None
    spikes: float | None = None
    accumulations: float | None = None
    multiplications: float | None = None
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
    """A cost that tables show: its name in files, its heading, what it is divided by there."""

    name: str
    heading: str
    unit: float
    of: Callable[[Cost], float | None]


KINDS = (
    Kind("seconds", "training (s)", 1.0, lambda cost: cost.seconds),
    Kind("memory_bytes", "memory (MB)", 1e6, lambda cost: cost.memory),
    Kind("spikes", "spikes", 1.0, lambda cost: cost.spikes),
    Kind("operations", "operations", 1.0, lambda cost: cost.operations),
    Kind("energy_joule", "energy (nJ)", 1e-9, lambda cost: cost.energy),
)
#: Those that inference finds.
OF_ANSWERS = ("spikes", "operations", "energy_joule")


def cost_of(run: Found, epoch: int, split: str) -> Cost:
    """Return what a run cost.

    Args:
        run: which.
        epoch: whose evaluation is wanted.
        split: of which.
    """
    known = Cost(*(run.summary.get(key) or None for key in ("seconds", "memory")))
    found = _evaluated(run, epoch, split)
    try:
        return known if found is None else _with_answers(known, found)
    except (KeyError, TypeError, ValueError):  # its arrays are not those of a measure
        return known


def _with_answers(known: Cost, found: Evaluation) -> Cost:
    """Return what is known of a run, and of its answers."""
    sent = [each["spikes"] for each in rows(found.of("spikes")).values()]
    layers = rows(found.of("cost")).values()
    return replace(
        known,
        spikes=sum(sent) if sent else None,
        accumulations=sum(each["accumulations"] for each in layers) if layers else None,
        multiplications=sum(each["multiplications"] for each in layers) if layers else None,
        epoch=found.epoch,
    )


def _evaluated(run: Found, epoch: int, split: str) -> Evaluation | None:
    """Return an evaluation that knows costs; None where there is none, or it is out of date."""
    kept = run.path.glob(f"evaluation/*/{split}.npz")
    places = (position(path.parent.name) for path in kept)
    known = {at.epoch for at in places if at}
    for each in sorted(known, key=lambda each: (each != epoch, -each)):
        try:
            found = stored(RunDir(run.path), each, split)
        except SnnrunError:  # damaged, of other weights, or of a plug-in that is not here
            continue
        if not missing(found.facts, ("spikes", "cost")):
            return found
    return None


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
            f"runs; what finds them: snnrun inference {shlex.quote(str(path))} {epoch}{option}"
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
