"""Checkpoints of format 1, which earlier versions wrote; they are read for ever, and never written.

::

    weights.safetensors   the tensors of the network
    state.pt              optimiser, scheduler, rule, sums of the running epoch
    meta.json             format, position, SHA-256 of the two files

``state.pt`` is a pickle, read as plain values (:mod:`snnrun.runs.pickles`); nothing is executed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from snnrun.errors import DataError
from snnrun.runs import torch_files
from snnrun.runs.progress import Best, Progress
from snnrun.runs.weights import renamed
from snnrun.runs.whole import brief

FILES = ("weights.safetensors", "state.pt")
#: What the state must hold to go on from it.
STATE = ("optimizer", "scheduler", "rule", "means", "best", "kept", "metric_lines", "seconds")
#: What a schedule that watches a number remembers; everything else of it are its settings.
WATCHED = (
    "best", "num_bad_epochs", "cooldown_counter", "last_epoch",
    "filtered", "number", "memory", "largest", "lowest",
)  # fmt: skip
#: What it names beside tensors: the epochs of a schedule of steps, which are settings too.
_NAMES = frozenset({"collections.Counter"})
_UNEXPECTED = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError,
)  # fmt: skip


def read(
    path: Path, raw: bytes, weights: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor], Progress | None]:
    """Return tensors of the learner, those of the optimiser, and where the run stands.

    Args:
        path: the checkpoint.
        raw: what its ``state.pt`` holds.
        weights: the tensors of the network.

    Raises:
        DataError: the state cannot be read without running code, or lacks something.
    """
    file = path / "state.pt"
    found = torch_files.read(raw, _NAMES, f"{file} cannot be read safely")
    try:
        state = _with_tensors(found)
    except _UNEXPECTED as error:
        raise DataError(f"{file} cannot be read safely: {brief(error)}") from error
    network = {f"model.{renamed(name)}": tensor for name, tensor in weights.items()}
    if state == {}:
        return network, {}, None
    absent = sorted(set(STATE) - set(state if isinstance(state, dict) else ()))
    if absent:
        raise DataError(f"{file} lacks {', '.join(absent)}")
    try:
        rule = {f"rule.{name}": tensor for name, tensor in _rule(state["rule"])}
        return network | rule, dict(_optimizer(state["optimizer"])), _progress(state)
    except _UNEXPECTED as error:
        raise DataError(f"{file} holds something else than expected: {brief(error)}") from error


def _with_tensors(value: Any) -> Any:
    """Return plain values with tensors of torch in the place of those that they describe."""
    if isinstance(value, dict):
        return {key: _with_tensors(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_with_tensors, value))
    return torch.from_numpy(torch_files.array(value)) if torch_files.is_tensor(value) else value


def _rule(state: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Yield what a rule kept, under the names of its buffers."""
    if "bump" in state:
        value, layer = float(state["bump"]["value"]), state["bump"]["layer"]
        yield "bumper.value", torch.tensor(value, dtype=torch.float64)
        yield "bumper.layer", torch.tensor(-1 if layer is None else int(layer))
    for index, matrix in enumerate(state.get("feedback", {}).get("matrices", ())):
        yield f"feedback.matrix_{index}", torch.as_tensor(matrix)
    if "batches" in state:
        yield "batches", torch.tensor(int(state["batches"]))
    if "scale" in state:
        scale = state["scale"]
        yield "scale.values", torch.tensor(scale["values"], dtype=torch.float64)
        yield "scale.frozen", torch.tensor(bool(scale["frozen"]))
        yield "scale.updates", torch.tensor(int(scale["updates"]))


def _optimizer(state: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Yield what the optimiser kept, parameters by their number."""
    for number, kept in state["state"].items():
        for what, value in kept.items():
            if value is not None:
                yield f"#{int(number)}/{what}", torch.as_tensor(value)


def _progress(state: Mapping[str, Any]) -> Progress:
    groups = [
        {"parameters": [f"#{int(number)}" for number in group["params"]], "lr": float(group["lr"])}
        for group in state["optimizer"]["param_groups"]
    ]
    schedule = state["scheduler"] or {}
    watched = {name: schedule[name] for name in WATCHED if name in schedule}
    return Progress.model_validate(
        {
            "optimizer": groups,
            "schedules": {"lr": watched} if "num_bad_epochs" in watched else {},
            "means": state["means"],
            "best": Best.of(state["best"]),
            "kept": state["kept"],
            "metric_lines": state["metric_lines"],
            "history_lines": state.get("history_lines", 0),
            "seconds": state["seconds"],
            "config": state.get("config") or "",
        }
    )
