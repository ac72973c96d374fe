"""A config to break in tests, and what is said of it then."""

from pathlib import Path

from snnrun.errors import ConfigError
from snnrun.experiment import load_config

YIN_YANG = """\
seed: 2000
data: {name: yin_yang}
encoder: {name: latency, early: 0.15, late: 2.0}
model:
  name: first_spike
  threshold: 1.5
  layers:
    - {size: 12, bias_times: [0.9], weights: {mean: 1.5, std: 0.8}}
    - {size: 3, weights: {mean: 0.5, std: 0.8}}
learning:
  name: first_spike
  loss: {name: ttfs, xi: 0.3}
  bump: {value: 5e-4, exponential: true}
train:
  epochs: 300
  batch_size: 150
  optimizer: {name: adam, lr: 5e-3}
  scheduler: {name: step, every: 20, gamma: 0.95}
  savepoints: [100, 200]
"""


def write(folder: Path, text: str, name: str = "yy.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, old: str = "", new: str = "", overrides: tuple[str, ...] = ()) -> list:
    """What is said of the config in which ``old`` stands as ``new``, without the folder."""
    assert old in YIN_YANG
    path = write(folder, YIN_YANG.replace(old, new) if old else YIN_YANG)
    try:
        load_config(path, overrides)
    except ConfigError as error:
        return [line.replace(f"{folder}/", "") for line in error.problems]
    return []
