"""Interrupted runs of format 1, as the version that wrote them left them; see their README."""

import re
import shutil
from pathlib import Path

import torch

from snnrun.core.position import Position
from snnrun.kernels.native import native
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from tests.runs.checkpoints import sign

GOLDEN = Path(__file__).parent.parent / "golden" / "format1"
NAMES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
#: What the table in the README says of the random numbers that a run draws after its start.
DRAWS = dict(re.findall(r"^\| `(\w+)` .*\| ([^|]+) \|$", (GOLDEN / "README.md").read_text(), re.M))
STEADY = [name for name in NAMES if DRAWS[name] == "none"]
#: Its noise is that of training: evaluation shows the values themselves.
STEADY_IN_EVALUATION = [*STEADY, "random_feedback_poisson_augmented"]


def run_of(name: str, folder: Path) -> RunDir:
    """A copy of a run."""
    return RunDir(shutil.copytree(GOLDEN / name, folder / name))


def epochs_of(run: RunDir) -> list[int]:
    return [at.epoch for at in checkpoint.saved(run.checkpoints) if not at.batch]


def tolerance(run: RunDir) -> float:
    """The relative difference to expect: none on a machine like that of the run."""
    then, module = run.read_json("environment.json"), native()
    here = (
        torch.__version__,
        torch.backends.cpu.get_cpu_capability(),
        module.cpu_level() if module else None,
    )
    there = then["packages"]["torch"], then["cpu_capability"], then["native"]
    return 0.0 if here == there else 1e-5


def state_of(run: RunDir, at: Position | None = None) -> dict:
    folder = run.checkpoints / at.name if at else last_of(run)
    return torch.load(folder / "state.pt", weights_only=True)


def last_of(run: RunDir) -> Path:
    return run.checkpoints / checkpoint.saved(run.checkpoints)[-1].name


def write_state(run: RunDir, state: object, at: Position | None = None) -> None:
    """Put another state into a checkpoint, the last one by default, as if it was written so."""
    folder = run.checkpoints / at.name if at else last_of(run)
    torch.save(state, folder / "state.pt")
    sign(folder)
