"""Measure what the figures of one or more runs need, and draw them into ``plots/``.

Figures of the final state lie in ``<run>/plots/``, those of a chosen epoch in
``<run>/plots/epoch_0100/``. Runs that differ in nothing but their seed also get a joint figure of
their curves, ``curves_<n>_runs``, in the plots folder of the first of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from snnrun.core.disk import real
from snnrun.core.registry import UnknownName
from snnrun.errors import ConfigError, DataError, NoDataError
from snnrun.evaluation import applies, needs_of
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.measuring import Busy, Failed, quietly
from snnrun.evaluation.without_data import SPARE, known
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS, Plot, curves_of_runs
from snnrun.plots.curves import draw_joint
from snnrun.plots.draw import Album
from snnrun.plots.formats import FORMATS, USUAL
from snnrun.plots.style import paper
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.files import refuse_read_only
from snnrun.runs.folder import RunDir
from snnrun.runs.settings import IDLE

#: What changes no numbers.
_IDLE = {key.removeprefix("train.") for key in IDLE}
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


@dataclass(frozen=True)
class Telling:
    """What is said while figures are made: of each file that is there, and of what is measured."""

    drawn: Callable[[Path], None] = lambda path: None
    busy: Busy = quietly


def draw_all(
    runs: Sequence[tuple[RunDir, int | None]],
    out: Path | None = None,
    *,
    plots: Sequence[str] = (),
    formats: Sequence[str] = USUAL,
    telling: Telling | None = None,
) -> list[Path]:
    """Draw each figure that fits the model, the data and the rule of each run.

    Where the data set is not here, those that need no more than weights, log and history.

    Args:
        runs: run folders, each of which is drawn once, and the saved epoch to show of each; None =
            the last state.
        out: the folder to write to, with one for each of several runs in it; None: the runs'.
        plots: names of the figures to draw; none: all that fit.
        formats: kinds of files that each figure is written as.
        telling: what to say meanwhile.

    Returns:
        The files written.

    Raises:
        ConfigError: there is no such figure or kind of file, or none of the runs has that figure.
        DataError: a folder is no run; or a run or a figure failed, and the others were drawn.
    """
    _check_formats(formats)
    once: dict[Path, tuple[RunDir, int | None]] = {}
    for run, epoch in runs:
        once.setdefault(real(run.path), (run, epoch))
    wanted = chosen([run.experiment() for run, _ in once.values()], plots)
    places = _places([run for run, _ in once.values()], out)
    telling = telling or Telling()
    album, sound = Album(formats, telling.drawn), []
    for place, (_, epoch) in zip(places, once.values(), strict=True):
        try:
            _draw_run(place, epoch, album, wanted, telling.busy)
            sound.append(place.run)
        except DataError as error:
            figures = sum(name in wanted for name in fitting(place.run.experiment()))
            album.fail(str(place.run.path), error, figures)
    for group in same_but_seed(sound) if "curves" in wanted else ():
        first = next(place for place in places if place.run is group[0])
        _draw_group(group, out or first.figures(None), album)
    return album.close()


def chosen(experiments: Sequence[Experiment], names: Sequence[str] = ()) -> list[str]:
    """Return the names of figures that are wanted: those given, or all that fit an experiment.

    Raises:
        ConfigError: there is no such figure, or it fits none of the experiments.
    """
    able = [name for name in PLOTS if any(name in fitting(each) for each in experiments)]
    for name in names:
        try:
            plot = PLOTS.pick(name)
        except UnknownName as error:
            text = f"{PLOTS.unknown(name)} These fit: {', '.join(able)}"
            raise ConfigError(text) from error
        if name not in able:
            lacks = sorted(str(each) for each in needs_of(plot) - experiments[0].offers)
            raise ConfigError(
                f"{name}: needs {', '.join(lacks)}, which is not there; "
                f"these fit: {', '.join(able)}"
            )
    return list(dict.fromkeys(names)) or able


def _check_formats(formats: Sequence[str]) -> None:
    wrong = next((each for each in formats if each not in FORMATS), None)
    if wrong is not None or not formats:
        raise ConfigError(f"figures are written as {', '.join(FORMATS)}; got {wrong or 'none'!r}")


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
    groups: list[tuple[dict[str, Any], list[RunDir]]] = []
    for run in runs:
        key = run.experiment().model_dump(exclude={"seed": True, "train": _IDLE})
        same = next((group for other, group in groups if other == key), None)
        if same is None:
            groups.append((key, [run]))
        else:
            same.append(run)
    return [group for _, group in groups if len(group) > 1]


def _draw_run(
    place: Place, epoch: int | None, album: Album, names: Sequence[str], busy: Busy
) -> None:
    place.refuse_read_only(epoch)
    experiment = place.run.experiment()
    plots = {name: plot for name, plot in fitting(experiment).items() if name in names}
    most = {"train": experiment.model.shown_of_training}
    lacking, absent = list[str](), NoDataError()
    for split in _SPLITS:
        wanted = {name: plot for name, plot in plots.items() if split in plot.splits}
        if not wanted:
            continue
        failed: Failed = {}
        try:
            evaluation = evaluate_run(
                place.run,
                epoch,
                split,
                list(dict.fromkeys(name for plot in wanted.values() for name in plot.measures)),
                most=most.get(split),
                into=place.out,
                must_write=True,
                failed=failed,
                busy=busy,
            )
        except NoDataError as error:
            absent = error
            evaluation = known(place.run, epoch, split, place.out)
            there = SPARE.union(evaluation.facts["measures"])
            lacking += [
                name for name, plot in wanted.items() if not there.issuperset(plot.measures)
            ]
            wanted = {name: plot for name, plot in wanted.items() if name not in lacking}
        for name, plot in wanted.items():
            file = name if len(plot.splits) == 1 else f"{name}_{split}"
            busy(f"drawing {file}")
            album.add(place.figures(epoch), file, partial(_draw, plot, evaluation, failed))
    if lacking:
        names = list(dict.fromkeys(lacking))
        text = f"{absent}\n  Without samples, these cannot be drawn: {', '.join(names)}"
        album.fail(str(place.run.path), NoDataError(text), len(names))


def _draw(plot: Plot, evaluation: Evaluation, failed: Mapping[str, Exception]) -> Figure | None:
    """Return a figure, unless a measure that it needs has failed."""
    for name in plot.measures:
        if name in failed:
            raise failed[name]
    return plot.draw(evaluation)


def _draw_group(runs: list[RunDir], folder: Path, album: Album) -> None:
    def joint() -> Figure:
        with paper():
            many = len(runs) >= curves_of_runs.LEAST
            return curves_of_runs.draw(runs) if many else draw_joint(runs)

    album.add(folder, f"curves_{len(runs)}_runs", joint)
