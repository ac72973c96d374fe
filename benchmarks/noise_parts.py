"""Which part of noise in images is it that misleads networks: that of the ink, or the background?

    python benchmarks/noise_parts.py experiment_results/all_rules_mnist

asks the first run of each rule of a sweep about a thousand test images with noise of 0.1: in every
pixel, in the ink alone, in the background alone; and with a background that is brighter everywhere,
by what the noise, cut at 0, adds there on average. Writes ``results/noise_parts.csv``, from which
`study.py` makes a table of docs/study.md.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import table
import torch
from torch import Tensor

from snnrun.evaluation import MEASURES
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.measure import Arrays, MeasureEntry
from snnrun.evaluation.measures.input_noise import SAMPLES, InputNoise, Noisy
from snnrun.studies.table import read_csv

STRENGTH = 0.1
MEAN = STRENGTH / (2 * np.pi) ** 0.5  # of normal noise that is cut at 0


class InInk(Noisy):
    """Noise where there is ink."""

    def changed(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return values with noise."""
        return torch.where(clean > 0, clean + noise, clean)


class InBackground(Noisy):
    """Noise where there is none."""

    def changed(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return values with noise."""
        return torch.where(clean > 0, clean, noise)


class Brighter(Noisy):
    """No noise; a background that is as bright as noise makes it on average."""

    def changed(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return values on a grey ground."""
        return torch.where(clean > 0, clean, MEAN)


KINDS = {"everywhere": Noisy, "ink": InInk, "background": InBackground, "brighter": Brighter}


class Parts(InputNoise):
    """Counts right answers for each of the kinds."""

    def arrays(self) -> Arrays:
        """Return them, ``[5]``, first those without noise."""
        clean = self.subject.dataset.split(self.subject.split)
        seed = self.subject.experiment.seed
        found = [self.right_of(kind(clean, STRENGTH, seed)) for kind in KINDS.values()]
        return {"right": np.array([self.right, *found])}


MEASURES.add("noise_parts", MeasureEntry(f"{__name__}:Parts", "noise by where it is"))


def found(run: Path) -> dict[str, float]:
    """Return shares of right answers of the last epoch of a run."""
    with tempfile.TemporaryDirectory() as folder:
        seen = evaluate_run(
            run, None, "test", ["noise_parts"], most=SAMPLES, into=Path(folder)
        )  # fmt: skip
    shares = np.asarray(seen.of("noise_parts")["right"]) / SAMPLES
    return dict(zip(["none", *KINDS], shares.tolist(), strict=True))


if __name__ == "__main__":
    sweep, rows = Path(sys.argv[1]), dict[str, dict[str, float | str]]()
    for row in read_csv((sweep / "table.csv").read_text()):
        rule = row.point["config"]
        if rule not in rows:
            rows[rule] = {"rule": rule, "strength": STRENGTH, **found(sweep / row.run)}
            table.show(rows[rule])
    table.write("noise_parts", list(rows.values()))
