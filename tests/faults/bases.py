"""Run folders to damage: small trainings of several models, with all that runs leave behind."""

import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import snnrun
from snnrun.errors import DivergedError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.runs.diverged import DIVERGED
from snnrun.runs.folder import RunDir
from tests import tiny
from tests.conftest import ROOT

EPOCHS = 2
_SHORT = (
    f"train.epochs={EPOCHS}", "train.savepoints=[1]", "train.live_plot=false", "train.threads=1",
    "train.tensorboard=false",
)  # fmt: skip
#: What is trained: a config, and what makes it short. The first two are enough for a short test.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "tiny": ("", ("data.sizes={train: 60, validation: 20, test: 20}", "train.batch_size=30")),
    "xor": ("reward_xor", ("data.copies=1", "encoder.steps=20", "learning.label_samples=4")),
    "surrogate": ("stbp_digits", ("model.layers.0.size=12", "train.batch_size=500")),
    "feedback": ("random_feedback_digits", ("model.layers.0.size=9", "train.batch_size=500")),
    "sbs": ("sbs_digits", ("model.layers=[{name: sbs, neurons: 10}]", "model.spikes=9",
                           "train.batch_size=500")),
}  # fmt: skip
#: What lets the numbers of a kind go wrong; first-spike networks must not be bumped instead.
_ENDLESS = "train.optimizer={name: sgd, lr: 1e38, weight_decay: 1e38}"
WRONG = {
    "tiny": (_ENDLESS, *(f"model.layers.{n}.max_missing_spikes=1" for n in range(2))),
    "surrogate": (_ENDLESS,),
}


@dataclass
class Base:
    """A run folder, and what reading it comes to.

    expected: what each action finds in it, by what it asks for.
    """

    name: str
    path: Path
    expected: dict[Any, Any] = field(default_factory=dict)


def made(folder: Path, kinds: Sequence[str]) -> list[Base]:
    """Train a run of each kind into a folder; the same each time, to the lengths of its files."""
    config = tiny.write_config(folder)
    with steady(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Base(kind, _trained(folder, kind, config)) for kind in kinds]


@contextmanager
def steady() -> Iterator[None]:
    """Let nothing depend on the time that a run takes, or on the program that starts it."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch("time.monotonic", return_value=1000.0))
        stack.enter_context(mock.patch.object(sys, "argv", ["snnrun"]))
        yield


def _trained(folder: Path, kind: str, config: Path) -> Path:
    """Train it, go on from an earlier epoch, evaluate, and let its numbers go wrong elsewhere."""
    name, short = KINDS[kind]
    path = ROOT / "configs" / f"{name}.yaml" if name else config
    run = snnrun.train(path, [*_SHORT, *short], name=kind, results=folder / "made")
    snnrun.resume(run, epoch=1, epochs=EPOCHS)  # what came after it is superseded
    evaluate_run(run, None, "test", most=16)
    if kind in WRONG:
        with suppress(DivergedError):
            wrong = [*_SHORT, *short, *WRONG[kind]]
            snnrun.train(path, wrong, name="wrong", results=folder / "made")
        (other,) = (folder / "made").glob("wrong_*")
        record = RunDir(other).read_json(DIVERGED)
        run.write_json(DIVERGED, record | {"config": run.config.read_text(encoding="utf-8")})
        shutil.rmtree(other)
    (run.path / "lock").unlink(missing_ok=True)
    return Path(shutil.move(run.path, folder / kind))
