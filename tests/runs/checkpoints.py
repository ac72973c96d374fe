"""Small checkpoints for tests, and ways to damage them of which their checksums know nothing."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from snnrun.core.position import Position
from snnrun.runs import checkpoint
from snnrun.runs.progress import Best, Group, Progress


def tensors(width: int = 3) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(width)
    return {
        "model.weights": torch.randn(4, width, generator=random),
        "model.bias": torch.randn(width, generator=random),
        "model.batches": torch.tensor(7),
        "rule.value": torch.tensor(0.25, dtype=torch.float64),
    }


def progress_of(**changes: Any) -> Progress:
    known = {
        "optimizer": (Group(parameters=("model.weights",), lr=0.1),),
        "schedules": {},
        "means": {"loss": (12.5, 50)},
        "best": Best(epoch=0, values={"accuracy": 0.5, "loss": 1.5}),
        "kept": (0,),
        "metric_lines": 3,
        "history_lines": 2,
        "seconds": 1.5,
        "config": "seed: 1\n",
    }
    return Progress(**{**known, **changes})


def save(folder: Path, *position: int, width: int = 3, **changes: Any) -> Path:
    """Save a small checkpoint that can be continued."""
    kept = {"model.weights/step": torch.tensor(5.0)}
    return checkpoint.save(
        folder, Position(*position), tensors(width), kept, progress_of(**changes)
    )


def sign(path: Path) -> None:
    """Write the checksums of a checkpoint anew, as if its files were as they should be."""
    meta = json.loads((path / "meta.json").read_text())
    for name in meta["sha256"]:
        meta["sha256"][name] = hashlib.sha256((path / name).read_bytes()).hexdigest()
    (path / "meta.json").write_text(json.dumps(meta))


def change_state(path: Path, *keys: str | int, value: Any) -> None:
    """Put another value into ``state.json``, at a path of keys."""
    file = path / "state.json"
    state = at = json.loads(file.read_text())
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    file.write_text(json.dumps(state))
    sign(path)


def change_tensors(path: Path, name: str, change: Callable[[dict[str, Tensor]], object]) -> None:
    """Let ``change`` edit the tensors of a file."""
    found = load_file(path / name)
    change(found)
    save_file({key: tensor.contiguous() for key, tensor in found.items()}, path / name)
    sign(path)
