"""Everything that a run needs to go on bit for bit, in one folder.

A checkpoint ``epoch_0041`` (or ``epoch_0041_batch_0012`` within an epoch) holds

::

    weights.safetensors   the network's tensors
    state.pt              optimiser, scheduler, rule, sums of the running epoch
    meta.json             format, position, SHA-256 of the two files

It is written under a temporary name, flushed, and renamed, so it is whole or absent. Loading never
executes code: safetensors holds no code, and ``state.pt`` is read by torch's restricted loader.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor, nn

from snnrun.errors import DataError
from snnrun.runs.files import clear_leftovers, disk_errors, sync, temporary_name, write_text

FORMAT = 1
FILES = ("weights.safetensors", "state.pt")
_NAME = re.compile(r"epoch_(\d+)(?:_batch_(\d+))?")


@dataclass(frozen=True, order=True)
class Position:
    """Where training stands: ``batch`` batches of epoch ``epoch + 1`` are done."""

    epoch: int = 0
    batch: int = 0

    def __str__(self) -> str:
        return f"epoch {self.epoch}" + (f", batch {self.batch}" if self.batch else "")

    @property
    def name(self) -> str:
        """The name of the checkpoint's folder."""
        return f"epoch_{self.epoch:04d}" + (f"_batch_{self.batch:04d}" if self.batch else "")


def position(name: str) -> Position | None:
    """Return the position that a folder is named after.

    Example:
        >>> position("epoch_0041_batch_0012")
        Position(epoch=41, batch=12)
    """
    match = _NAME.fullmatch(name)
    return Position(int(match[1]), int(match[2] or 0)) if match else None


def saved(folder: Path) -> list[Position]:
    """Return the checkpoints in ``folder``, in order of training."""
    names = (entry.name for entry in os.scandir(folder)) if folder.is_dir() else ()
    return sorted(found for name in names if (found := position(name)))


def save(folder: Path, at: Position, model: nn.Module, state: dict[str, Any]) -> Path:
    """Write a checkpoint into ``folder`` and return its path.

    Args:
        folder: the run's folder of checkpoints.
        at: where training stands.
        model: the network.
        state: plain values and tensors, as torch's restricted loader accepts them.
    """
    path = folder / at.name
    temporary = temporary_name(path)
    with disk_errors(str(path)):
        try:
            _write(temporary, at, model, state)
            _swap(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync(folder)
    return path


def _write(folder: Path, at: Position, model: nn.Module, state: dict[str, Any]) -> None:
    folder.mkdir()
    weights = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    (folder / "weights.safetensors").write_bytes(serialize(weights))
    with (folder / "state.pt").open("wb") as file:
        torch.save(state, file)
    digests = {name: _digest(folder / name) for name in FILES}
    meta = {"format": FORMAT, **asdict(at), "sha256": digests}
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
    for name in (*digests, "meta.json"):
        sync(folder / name)
    sync(folder)


def _swap(new: Path, path: Path) -> None:
    """Put ``new`` at ``path``; a folder is not replaced in one step, so the old one moves off."""
    old = temporary_name(path, "old.")
    if path.exists():
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def mend(folder: Path) -> None:
    """Clear what a killed process left half done; a checkpoint that had made room comes back."""
    for entry in folder.glob(".*.old.*"):
        name = entry.name.split(".old.")[1]
        if position(name) and not (folder / name).exists():
            entry.rename(folder / name)
    clear_leftovers(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and found whole."""

    path: Path
    at: Position
    weights: dict[str, Tensor]

    def state(self, wanted: Iterable[str] = ()) -> dict[str, Any]:
        """Return the state beyond the weights, which must hold what is ``wanted``.

        Raises:
            DataError: there is none, it lacks something, or it cannot be read without running
                code.
        """
        state = self.state_if_any(wanted)
        if not state:
            raise DataError(f"{self.path} holds weights only; it can be run, but not continued")
        return state

    def state_if_any(self, wanted: Iterable[str] = ()) -> dict[str, Any]:
        """Return the same; of a run that was packed for sharing, nothing.

        Raises:
            DataError: it lacks something that is wanted, or cannot be read without running code.
        """
        path = self.path / "state.pt"
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # the unpickler raises whatever the bytes make it raise
            raise DataError(f"{path} cannot be read safely: {error}") from error
        absent = sorted(set(wanted) - set(state if isinstance(state, dict) else ()))
        if state and absent:
            raise DataError(f"{path} lacks {', '.join(absent)}")
        return state

    def load_into(self, model: nn.Module) -> None:
        """Put the weights into ``model``.

        Raises:
            DataError: naming the first tensor that is missing, unknown or of another shape.
        """
        wanted = model.state_dict()
        for name in sorted(wanted.keys() | self.weights.keys()):
            have, want = self.weights.get(name), wanted.get(name)
            if have is None or want is None or have.shape != want.shape:
                raise DataError(
                    f"{self.path} does not fit the network: {name} is {_shape(have)} in the "
                    f"checkpoint and {_shape(want)} in the network"
                )
        model.load_state_dict(self.weights)


def _shape(tensor: Tensor | None) -> str:
    return "absent" if tensor is None else str(list(tensor.shape))


def load(path: Path) -> Checkpoint:
    """Read and check a checkpoint.

    Raises:
        DataError: it is absent or damaged.
    """
    try:
        at, digests = _described(json.loads((path / "meta.json").read_text()), path)
        for name, digest in digests.items():
            if _digest(path / name) != digest:
                raise DataError(_damaged(path, f"the checksum of {name} differs"))
        return Checkpoint(path, at, load_file(path / "weights.safetensors"))
    except (OSError, ValueError, SafetensorError) as error:
        raise DataError(_damaged(path, str(error))) from error


def _described(meta: Any, path: Path) -> tuple[Position, dict[str, str]]:
    """Return position and checksums that ``meta.json`` tells.

    Raises:
        DataError: a newer snnrun wrote it.
        ValueError: it tells no such things, or another position than the folder's name.
    """
    if not isinstance(meta, dict) or not isinstance(meta.get("format"), int):
        raise ValueError("meta.json holds no map that tells its format")
    if meta["format"] > FORMAT:
        raise DataError(f"{path} was written by a newer snnrun (format {meta['format']})")
    epoch, batch, digests = (meta.get(key) for key in ("epoch", "batch", "sha256"))
    if not (isinstance(epoch, int) and isinstance(batch, int) and min(epoch, batch) >= 0):
        raise ValueError("meta.json tells no position")
    at = Position(epoch, batch)
    if position(path.name) not in (None, at):
        raise ValueError(f"meta.json says {at}")
    found: dict[str, str] = digests if isinstance(digests, dict) else {}
    absent = [name for name in FILES if name not in found]
    if absent:
        raise ValueError(f"meta.json lacks the sha256 of {absent[0]}")
    return at, found


def _damaged(path: Path, why: str) -> str:
    own = position(path.name)
    others = [other for other in saved(path.parent) if other != own]
    hint = f". Others here: {', '.join(map(str, others))}" if others else ""
    return f"{path} is damaged: {why}{hint}"


def weights_digest(folder: Path, at: Position) -> str | None:
    """Return the SHA-256 of the weights of a checkpoint, as it was written; None where absent."""
    path = folder / at.name / "meta.json"
    if not path.is_file():
        return None
    try:
        digest: str = json.loads(path.read_text())["sha256"]["weights.safetensors"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(_damaged(path.parent, str(error))) from error
    return digest


def point(folder: Path, name: str, at: Position) -> None:
    """Let the file ``name`` (``last`` or ``best``) name the checkpoint of ``at``."""
    write_text(folder / name, at.name + "\n")


def pointed(folder: Path, name: str) -> Position | None:
    """Return the checkpoint that ``last`` or ``best`` names, if it is there."""
    path = folder / name
    text = path.read_text(errors="replace") if path.is_file() else ""
    found = position(text.strip())
    return found if found in saved(folder) else None


def prune(folder: Path, kept: set[Position]) -> None:
    """Remove every checkpoint that is not in ``kept``."""
    for at in saved(folder):
        if at not in kept:
            shutil.rmtree(folder / at.name, ignore_errors=True)


def open_epoch(folder: Path, epoch: int | None = None) -> Checkpoint:
    """Read the checkpoint of a saved epoch; None stands for the last one.

    Raises:
        DataError: that epoch was not saved, nothing was, or the checkpoint is damaged.
    """
    found = saved(folder)
    if not found:
        config = folder.parent / "config.yaml"
        hint = f"; start anew with: snnrun train {config}" if config.is_file() else ""
        raise DataError(f"{folder.parent} holds no checkpoint yet{hint}")
    if epoch is None:
        return load(folder / (pointed(folder, "last") or found[-1]).name)
    if Position(epoch) not in found:
        whole = ", ".join(str(at.epoch) for at in found if not at.batch) or "none"
        raise DataError(f"{folder.parent} has no epoch {epoch}. Saved epochs: {whole}")
    return load(folder / Position(epoch).name)
