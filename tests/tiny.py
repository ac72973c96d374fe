"""A small experiment that trains in a second, and what the tests of running ask of it."""

import json
from pathlib import Path

from snnrun.experiment import Experiment
from snnrun.runs.folder import RunDir

CONFIG = """
seed: 7
data: {name: yin_yang, sizes: {train: 230, validation: 60, test: 70}}
encoder: {name: latency, noise: {mean: 0.0, std: 0.05}}
model:
  name: first_spike
  layers:
    - {size: 14, bias_times: [0.9], weights: {mean: 1.0, std: 0.8}, max_missing_spikes: 0.3}
    - {size: 3, bias_times: [0.9], weights: {mean: 0.3, std: 0.5}, max_missing_spikes: 0.1}
learning: {name: first_spike, loss: {name: ttfs}, max_dw_norm: 0.2}
train:
  epochs: 4
  batch_size: 50
  eval_batch_size: 30
  scheduler: {name: step, every: 2, gamma: 0.5}
  savepoints: [2]
  live_plot: false
  tensorboard: false
"""


def write_config(folder: Path, text: str = CONFIG) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def weights(run: RunDir, checkpoint: str = "epoch_0004") -> bytes:
    return (run.checkpoints / checkpoint / "weights.safetensors").read_bytes()


def numbers(run: RunDir) -> list[dict]:
    """Every logged number, without the time it took."""
    return [{k: v for k, v in row.items() if k != "time"} for row in run.logged()]


def history(run: RunDir) -> bytes:
    """The bytes of what was kept of every epoch."""
    return (run.path / "history.jsonl").read_bytes()


def same_result(one: RunDir, other: RunDir, checkpoint: str = "epoch_0004") -> bool:
    """Whether two runs ended with the same bits: weights, history, metrics, best epoch."""
    states = [run.status()["best"] for run in (one, other)]
    return (
        weights(one, checkpoint) == weights(other, checkpoint)
        and history(one) == history(other)
        and json.dumps(numbers(one)) == json.dumps(numbers(other))
        and states[0] == states[1]
    )


def experiment(folder: Path, *overrides: str) -> Experiment:
    from snnrun.experiment import load_config

    return load_config(write_config(folder), overrides)
