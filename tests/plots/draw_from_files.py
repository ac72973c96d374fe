"""Draw all figures that fit some runs from their folders alone.

``python draw_from_files.py RUN...`` prints, as JSON, for each run and each figure of the evaluated
splits: how many panels it has, 0 where there is nothing to show, and which measures were read; or
why it failed.
"""

import json
import sys

from snnrun.evaluation import applies
from snnrun.plots import PLOTS
from snnrun.runs.evaluation import Evaluation, stored
from snnrun.runs.folder import RunDir


class Noted(Evaluation):
    """Notes which measures are read."""

    def of(self, measure):
        vars(self).setdefault("read", set()).add(measure)
        return super().of(measure)


def drawn(evaluation, plot):
    """What became of a figure."""
    noted = Noted(**{name: vars(evaluation)[name] for name in Evaluation.__dataclass_fields__})
    try:
        figure = plot.draw(noted)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    panels = len([axes for axes in figure.axes if axes.has_data()]) if figure else 0
    return {"panels": panels, "read": sorted(vars(noted).get("read", ()))}


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
