"""A sweep of eight runs that each take a tenth of a second."""

from pathlib import Path

BASE = """
data: {name: digits}
encoder: {name: rate, steps: 4}
model: {name: lif, layers: [{size: 5}], readout: {name: linear}}
learning: {name: random_feedback}
train: {epochs: 2, batch_size: 300, threads: 1, live_plot: false, tensorboard: false}
"""
SWEEP = """
config: base.yaml
set: {train.epochs: 1}
seeds: [4, 5]
grid:
  model.threshold, model.tau_mem: [[0.5, 9.0], [0.75, 11.0]]
  model.layers.0.size: [3, 7]
columns: model.layers.0.size
shows: [accuracy, density/layer_0]
"""


def write_sweep(folder: Path) -> Path:
    (folder / "base.yaml").write_text(BASE)
    path = folder / "sweep.yaml"
    path.write_text(SWEEP)
    return path
