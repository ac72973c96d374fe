"""Draw every figure of one or more runs into their ``plots/`` folders.

Figures of the final state lie in ``<run>/plots/``, those of a chosen epoch in
``<run>/plots/epoch_0100/``. Runs that differ in nothing but their seed also get a joint figure of
their curves, ``curves_<n>_runs``, in the plots folder of the first of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.data import DATASETS
from snnrun.errors import DataError, SnnrunError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import Experiment
from snnrun.models import MODELS
from snnrun.plots import PLOTS, Plot
from snnrun.plots.curves import draw_joint
from snnrun.plots.style import paper, save
from snnrun.runs.folder import RunDir

#: Of a training split, figures show so many samples at most, of models that take milliseconds over
#: each of them and so minutes over all.
TRAINING_SAMPLES = {"sbs": 4000}


@dataclass
class Album:
    """The figures written so far and those that could not be drawn."""

    paths: list[Path] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)

    def add(self, folder: Path, name: str, draw: Callable[[], Figure | None]) -> None:
        """Draw one figure and save it; a failure is kept for later and stops no other figure."""
        try:
            figure = draw()
            if figure is not None:
                self.paths += save(figure, folder, name)
        except Exception as error:
            self.failures.append((str(folder / name), error))

    def close(self) -> list[Path]:
        """Return the files written.

        Raises:
            DataError: figures failed for reasons that lie in the run.
            SnnrunError: figures failed for any other reason.
        """
        if not self.failures:
            return self.paths
        lines = [f"{name}: {error}" for name, error in self.failures]
        total = len(self.failures) + len(self.paths) // 2
        expected = all(isinstance(error, DataError | OSError) for _, error in self.failures)
        kind = DataError if expected else SnnrunError
        head = f"{len(lines)} of {total} figures were not drawn:"
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in self.paths))
        others = f"\nThe others lie in {folders}" if folders else ""
        raise kind("\n  ".join([head, *lines]) + others) from self.failures[0][1]


def draw_all(run_dirs: Sequence[Path], epoch: int | None = None) -> list[Path]:
    """Draw each figure that fits the model and the data of each run.

    Args:
        run_dirs: run folders; each is drawn once.
        epoch: the saved epoch to show; None = the last state.

    Returns:
        The files written, a PDF and a PNG for each figure.

    Raises:
        DataError: a folder is no run; or a run or a figure failed, and the others were drawn.
    """
    once: dict[Path, Path] = {}
    for path in run_dirs:
        once.setdefault(path.resolve(), path)
    runs = [RunDir.open(path) for path in once.values()]
    album, sound = Album(), []
    for run in runs:
        try:
            _draw_run(run, epoch, album)
            sound.append(run)
        except DataError as error:
            album.failures.append((str(run.path), error))
    for group in same_but_seed(sound):
        _draw_group(group, album)
    return album.close()


def fitting(experiment: Experiment) -> dict[str, Plot]:
    """Return the figures made for the model and the data set of this experiment."""
    names = MODELS.name_of(experiment.model), DATASETS.name_of(experiment.data)
    return {name: plot for name, plot in PLOTS.items() if plot.applies(*names)}


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


def _draw_run(run: RunDir, epoch: int | None, album: Album) -> None:
    folder = run.plots if epoch is None else run.plots / f"epoch_{epoch:04d}"
    experiment = run.experiment()
    plots = fitting(experiment)
    most = {"train": TRAINING_SAMPLES.get(MODELS.name_of(experiment.model))}
    for split in ("test", "train"):
        wanted = {name: plot for name, plot in plots.items() if split in plot.splits}
        if not wanted:
            continue
        evaluation = evaluate_run(run, epoch, split, most.get(split))
        for name, plot in wanted.items():
            file = name if len(plot.splits) == 1 else f"{name}_{split}"
            album.add(folder, file, partial(plot.draw, evaluation))


def _draw_group(runs: list[RunDir], album: Album) -> None:
    def joint() -> Figure:
        with paper():
            return draw_joint(runs)

    album.add(runs[0].plots, f"curves_{len(runs)}_runs", joint)
