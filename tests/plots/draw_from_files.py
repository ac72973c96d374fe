"""Draw all figures that fit some runs from their folders alone.

``python draw_from_files.py RUN...`` prints, as JSON, for each run and each figure of the evaluated
splits: how many panels it has, 0 where there is nothing to show, and which measures and files of
the run were read; or why it failed.
"""

import json
import sys

from snnrun.evaluation import applies
from snnrun.plots import PLOTS
from snnrun.plots.emptiness import is_empty
from snnrun.runs.evaluation import Evaluation, stored
from snnrun.runs.folder import RunDir


class Run(RunDir):
    """Notes which of its files are read."""

    def __init__(self, path, read):
        super().__init__(path)
        self.read = read

    def logged(self):
        self.read.add("the log")
        return super().logged()

    def history(self):
        self.read.add("the history")
        return super().history()


class Noted(Evaluation):
    """Notes which measures and files are read."""

    def of(self, measure):
        self.run.read.add(measure)
        return super().of(measure)

    @property
    def weights(self):
        self.run.read.add("checkpoints")
        return Evaluation.weights.func(self)

    @property
    def initial_weights(self):
        self.run.read.add("checkpoints")
        return Evaluation.initial_weights.func(self)


def drawn(evaluation, plot):
    """What became of a figure."""
    given = {name: vars(evaluation)[name] for name in Evaluation.__dataclass_fields__}
    noted = Noted(**given | {"run": Run(evaluation.run.path, set())})
    try:
        figure = plot.draw(noted)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    every = [axes for axes in figure.axes if axes.axison and axes.get_visible()] if figure else []
    panels = len([axes for axes in figure.axes if axes.has_data()]) if figure else 0
    empty = len([axes for axes in every if is_empty(axes)])
    return {"panels": panels, "empty": empty, "read": sorted(noted.run.read)}


def figures(run):
    found = {}
    for split in sorted(path.stem for path in run.path.glob("evaluation/*/*.npz")):
        evaluation = stored(run, split=split)
        for name, plot in PLOTS.items():
            if split in plot.splits and applies(plot, evaluation.experiment.offers):
                found[f"{name} {split}"] = drawn(evaluation, plot)
    return found


if __name__ == "__main__":
    print(json.dumps({folder: figures(RunDir.open(folder)) for folder in sys.argv[1:]}))
