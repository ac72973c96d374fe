"""What users do with a run folder, and what comes of it, to be compared."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

import snnrun
from snnrun.compat import FORMATS, export_run
from snnrun.errors import SnnrunError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.evaluation.summary import tables
from snnrun.runs import checkpoint
from snnrun.runs.edits import refuse_edits
from snnrun.runs.evaluation import stored
from snnrun.runs.folder import RunDir
from snnrun.studies.compare.costs import cost_of, cost_spreads
from snnrun.studies.compare.numbers import epoch_of, numbers_of
from snnrun.studies.compare.runs import seed_of
from snnrun.studies.gathering import gather
from snnrun.studies.listing import listing
from snnrun.studies.report.writing import write_report
from snnrun.training.loop import Training
from snnrun.training.replaying import record_of
from snnrun.training.resuming import extended
from snnrun.weighing import check_memory
from tests.faults.bases import EPOCHS
from tests.faults.world import World

#: What was asked for, and what was found.
Found = tuple[tuple[object, ...], Any]


def _digest(tensors: dict[str, Tensor]) -> str:
    """Return what tells tensors from others, to the bit."""
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name}{tensor.dtype}{list(tensor.shape)}".encode())
        found.update(tensor.detach().reshape(-1).view(-1).numpy().tobytes())
    return found.hexdigest()


def load(run: Path, epoch: int | None, out: Path) -> Found:
    """Take the network of an epoch, as ``snnrun.load`` does."""
    learner = snnrun.load(run, epoch)
    at = checkpoint.saved(run / "checkpoints")[-1].epoch if epoch is None else epoch
    return ("load", at), _digest(learner.state_dict())


def ready(run: Path, epoch: int | None, out: Path) -> Found:
    """Do all that ``continue`` does before it trains."""
    folder = RunDir.open(run)
    saved = checkpoint.open_epoch(folder.checkpoints, epoch)
    saved.to_continue()
    config = extended(folder, saved.at, (), saved.at.epoch + 1)
    refuse_edits(folder.config, saved, config)
    check_memory(config)
    training = Training(config, ())
    training.load(saved)
    kept = training.keeping.kept_by_optimizer()
    return ("ready", saved.at), _digest(training.learner.state_dict() | kept)


def resume(run: Path, epoch: int | None, out: Path) -> Found:
    """Train one epoch more than there were."""
    begun = (
        [at.epoch for at in checkpoint.saved(run / "checkpoints")][-1:]
        if epoch is None
        else [epoch]
    )
    snnrun.resume(run, epoch, epochs=EPOCHS + 1)
    return ("resume", *begun), latest(run)


def latest(run: Path) -> str | None:
    """Return what tells the epoch that :func:`resume` trains from others; None: it is not there.

    That the best one before it is damaged is found when it is to be tested, after training.
    """
    path = run / "checkpoints" / f"epoch_{EPOCHS + 1:04d}"
    if not path.is_dir():
        return None
    saved = checkpoint.load(path)
    return _digest(saved.tensors | saved.optimizer)


def inference(run: Path, epoch: int | None, out: Path) -> Found:
    """Show the network a few samples."""
    found = evaluate_run(run, epoch, "test", ("answers",), most=16)
    assert "\n".join(tables(found)).isprintable() or True
    return ("inference", found.epoch), found.facts["statistics"]


def reading(run: Path, epoch: int | None, out: Path) -> Found:
    """Read what figures and tables are made of."""
    folder = RunDir.open(run)
    rows = frozenset(map(str, folder.logged()))
    arrays = {name: series.values.shape for name, series in folder.history().items()}
    folder.status(), folder.best(), folder.experiment()
    return ("reading",), rows | frozenset(arrays)


def kept(run: Path, epoch: int | None, out: Path) -> Found:
    """Read an evaluation that was kept."""
    found = stored(run, epoch)
    text = "\n".join(tables(found))
    return ("kept", found.epoch), (found.facts["statistics"], text, found.samples)


def listed(run: Path, epoch: int | None, out: Path) -> Found:
    """List the runs of the folder."""
    text = listing([run.parent])
    assert all(each.isprintable() for each in text.split("\n")), repr(text)
    assert len(text) < 5000, f"{len(text)} characters are listed"
    return ("listed",), frozenset()


def compared(run: Path, epoch: int | None, out: Path) -> Found:
    """Read what a comparison with other runs is made of."""
    for found in gather([run]):
        at = epoch_of(found, "best" if epoch is None else epoch)
        numbers = numbers_of(found, "test", at)
        costs = cost_spreads([cost_of(found, at, "test")])
        assert all(map(math.isfinite, (*numbers.values(), *(each.mean for each in costs.values()))))
        assert isinstance(seed_of(found), int)
    return ("compared",), frozenset()


def reported(run: Path, epoch: int | None, out: Path) -> Found:
    """Make a page of the runs of the folder."""
    page = out / "report.html"
    write_report([run.parent], page, 10**6)
    text = page.read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script>") == 2
    return ("reported",), frozenset()


def shared(run: Path, epoch: int | None, out: Path) -> Found:
    """Pack a network."""
    copy = share(RunDir.open(run), out / "copy", epoch)
    saved = checkpoint.open_epoch(copy.checkpoints)
    return ("shared", saved.at.epoch), _digest(saved.tensors)


def exported(run: Path, epoch: int | None, out: Path) -> Found:
    """Write a network in the first format that can say what it is."""
    for name in FORMATS:
        try:
            export_run(run, name, out / "export", epoch)
        except SnnrunError as error:
            last = error
        else:
            return ("exported",), frozenset()
    raise last


def recorded(run: Path, epoch: int | None, out: Path) -> Found:
    """Read where numbers went wrong, as ``replay`` does."""
    return ("recorded",), record_of(RunDir.open(run))


class Use(NamedTuple):
    """A use of a run folder, and how often it is tried."""

    call: Callable[[Path, int | None, Path], Found]
    often: float
    epochs: tuple[int | None, ...] = (None, 2, 1, 0)


USES = {
    "load": Use(load, 30),
    "ready": Use(ready, 20),
    "inference": Use(inference, 12),
    "reading": Use(reading, 10, (None,)),
    "kept": Use(kept, 8),
    "listed": Use(listed, 10, (None,)),
    "compared": Use(compared, 10),
    "reported": Use(reported, 5, (None,)),
    "recorded": Use(recorded, 4, (None,)),
    "shared": Use(shared, 3, (None, 1)),
    "exported": Use(exported, 2, (None, 1)),
    "resume": Use(resume, 3, (None, 1)),
}


def expected(base: Path, world: World) -> dict[Any, Any]:
    """Return what comes of each use of a folder that is whole."""
    found = {}
    for use in USES.values():
        for epoch in use.epochs:
            run = world.fresh(base)
            try:
                asked, what = use.call(run, epoch, world.out)
            except SnnrunError:
                continue  # there is no such thing in this folder
            found[asked] = what
    return found
