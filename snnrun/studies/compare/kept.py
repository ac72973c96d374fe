"""What inference and eval have kept of the runs that are compared."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snnrun.core.position import position
from snnrun.errors import SnnrunError
from snnrun.runs.evaluation import Evaluation, missing, stored
from snnrun.runs.folder import RunDir
from snnrun.studies.compare.numbers import epoch_of
from snnrun.studies.gathering import Found

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group


def kept(run: Found, epoch: int, split: str, measures: Sequence[str]) -> Evaluation | None:
    """Return an evaluation that has some measures, of this epoch or else of the latest.

    None where there is none, or it is out of date.
    """
    paths = run.path.glob(f"evaluation/*/{split}.npz")
    places = (position(path.parent.name) for path in paths)
    known = {at.epoch for at in places if at}
    for each in sorted(known, key=lambda each: (each != epoch, -each)):
        try:
            found = stored(RunDir(run.path), each, split)
        except SnnrunError:  # damaged, of other weights, or of a plug-in that is not here
            continue
        if not missing(found.facts, measures):
            return found
    return None


def kept_of(group: "Group", whole: "Comparison", measure: str) -> Iterator[Evaluation]:
    """Yield what there is of the runs of a group at the epoch that is compared, and no other."""
    for run in group.runs:
        epoch = epoch_of(run, whole.epoch)
        found = kept(run, epoch, whole.split, [measure])
        if found is not None and found.epoch == epoch:
            yield found
