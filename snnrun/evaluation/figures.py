"""Measure what the figures of one or more runs need, and draw them into ``plots/``.

Figures of the final state lie in ``<run>/plots/``, those of a chosen epoch in
``<run>/plots/epoch_0100/``. Runs that differ in nothing but their seed also get a joint figure of
their curves, ``curves_<n>_runs``, in the plots folder of the first of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.core.disk import real
from snnrun.errors import DataError
from snnrun.evaluation import applies
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.measuring import Failed
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS, Plot
from snnrun.plots.curves import draw_joint
from snnrun.plots.draw import Album
from snnrun.plots.style import paper
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.files import refuse_read_only
from snnrun.runs.folder import RunDir

#: In which order splits are evaluated.
_SPLITS = ("test", "train", "validation")


@dataclass(frozen=True)
class Place:
    """Where the figures and evaluations of a run go: its own folder, or another one.

    run: whose.
    out: the other folder; None: that of the run.
    """

    run: RunDir
    out: Path | None = None

    def figures(self, epoch: int | None) -> Path:
        """Return the folder of figures of the final state, or of an epoch."""
        home = self.out or self.run.plots
        return home if epoch is None else home / f"epoch_{epoch:04d}"

    def refuse_read_only(self, epoch: int | None) -> None:
        """Refuse a folder in which nothing can be written, before anything is computed.

        Raises:
            DataError: says what to do about it.
        """
        try:
            for folder in (self.figures(epoch), (self.out or self.run.path) / "evaluation"):
                refuse_read_only(folder)
        except DataError as error:
            hint = "" if self.out else "; name a folder that can be written: -o DIR"
            raise DataError(f"{error}{hint}") from error


def draw_all(
    run_dirs: Sequence[Path], epoch: int | None = None, out: Path | None = None
) -> list[Path]:
    """Draw each figure that fits the model, the data and the rule of each run.

    Args:
        run_dirs: run folders; each is drawn once.
        epoch: the saved epoch to show; None = the last state.
        out: the folder to write to, with one for each of several runs in it; None: the runs'.

    Returns:
        The files written, a PDF and a PNG for each figure.

    Raises:
        DataError: a folder is no run; or a run or a figure failed, and the others were drawn.
    """
    once: dict[Path, Path] = {}
    for path in run_dirs:
        once.setdefault(real(path), path)
    places = _places([RunDir.open(path) for path in once.values()], out)
    album, sound = Album(), []
    for place in places:
        try:
            _draw_run(place, epoch, album)
            sound.append(place.run)
        except DataError as error:
            album.failures.append((str(place.run.path), error))
    for group in same_but_seed(sound):
        first = next(place for place in places if place.run is group[0])
        _draw_group(group, out or first.figures(None), album)
    return album.close()


def _places(runs: Sequence[RunDir], out: Path | None) -> list[Place]:
    """Return where each run goes; in a folder for all, those of one name are numbered."""
    if out is None or len(runs) == 1:
        return [Place(run, out) for run in runs]
    names: list[str] = []
    for run in runs:
        name, number = real(run.path).name, 2
        while name in names:
            name, number = f"{real(run.path).name}_{number}", number + 1
        names.append(name)
    return [Place(run, out / name) for run, name in zip(runs, names, strict=True)]


def fitting(experiment: Experiment) -> dict[str, Plot]:
    """Return the figures for which model, data and rule of an experiment offer what it takes."""
    offers = experiment.offers
    return {name: plot for name, plot in PLOTS.items() if applies(plot, offers)}


def same_but_seed(runs: Sequence[RunDir]) -> list[list[RunDir]]:
    """Return the groups of two and more runs that differ in nothing but their seed."""
    groups: list[tuple[Experiment, list[RunDir]]] = []
    for run in runs:
        key = run.experiment().model_copy(update={"seed": 0})
        same = next((group for other, group in groups if other == key), None)
        if same is None:
            groups.append((key, [run]))
        else:
            same.append(run)
    return [group for _, group in groups if len(group) > 1]


def _draw_run(place: Place, epoch: int | None, album: Album) -> None:
    place.refuse_read_only(epoch)
    experiment = place.run.experiment()
    plots = fitting(experiment)
    most = {"train": experiment.model.shown_of_training}
    for split in _SPLITS:
        wanted = {name: plot for name, plot in plots.items() if split in plot.splits}
        if not wanted:
            continue
        failed: Failed = {}
        evaluation = evaluate_run(
            place.run,
            epoch,
            split,
            list(dict.fromkeys(name for plot in wanted.values() for name in plot.measures)),
            most=most.get(split),
            into=place.out,
            must_write=True,
            failed=failed,
        )
        for name, plot in wanted.items():
            file = name if len(plot.splits) == 1 else f"{name}_{split}"
            album.add(place.figures(epoch), file, partial(_draw, plot, evaluation, failed))


def _draw(plot: Plot, evaluation: Evaluation, failed: Mapping[str, Exception]) -> Figure | None:
    """Return a figure, unless a measure that it needs has failed."""
    for name in plot.measures:
        if name in failed:
            raise failed[name]
    return plot.draw(evaluation)


def _draw_group(runs: list[RunDir], folder: Path, album: Album) -> None:
    def joint() -> Figure:
        with paper():
            return draw_joint(runs)

    album.add(folder, f"curves_{len(runs)}_runs", joint)
