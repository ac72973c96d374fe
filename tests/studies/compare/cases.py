"""Runs with numbers that were written down by hand, and what they come to."""

from collections.abc import Sequence
from pathlib import Path

from snnrun.studies.compare import Comparison, compare
from tests.studies.folders import make

SIZE = "model.layers.0.size"


def sized(folder: Path, accuracies: Sequence[float], size: int, first: int = 0) -> None:
    """Make runs with so many neurons."""
    for seed, accuracy in enumerate(accuracies, start=first):
        test = {"4": {"accuracy": accuracy, "loss": 1 - accuracy}, "9": {"accuracy": 0.5}}
        make(folder, f"size_{size}_{seed}", {"seed": seed, SIZE: size}, test=test)


def two(folder: Path) -> Comparison:
    """Compare 5 neurons, of mean 0.7, with 30, of mean 0.9, three seeds each."""
    sized(folder, [0.6, 0.7, 0.8], 5)
    sized(folder, [0.92, 0.9, 0.88], 30)
    return compare(folder)
