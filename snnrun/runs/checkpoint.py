"""Everything that a run needs to go on bit for bit, in one folder.

A checkpoint ``epoch_0041`` (or ``epoch_0041_batch_0012`` within an epoch) holds

::

    weights.safetensors     every tensor of the learner, ``model.*``, ``rule.*``, ``encoder.*``
    optimizer.safetensors   what the optimiser keeps of a parameter, ``<parameter>/<what>``
    state.json              the rest: :class:`snnrun.runs.progress.Progress`
    meta.json               format, position, SHA-256 of the other files

A run that was packed for sharing has weights only. A checkpoint is written under a temporary name,
flushed, and renamed, so it is whole or absent; it vanishes whole, too. Nothing in it is executed.
Checkpoints of format 1, of earlier versions, are read by :mod:`snnrun.runs.format1`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as deserialize
from safetensors.torch import save as serialize
from torch import Tensor

from snnrun.core.disk import sync
from snnrun.core.position import Position, position
from snnrun.core.shell import typed
from snnrun.errors import DataError
from snnrun.runs import format1
from snnrun.runs.files import disk_errors, remove_folder, temporary_name, write_text
from snnrun.runs.progress import Progress
from snnrun.runs.tensors import check_steps, check_types
from snnrun.runs.whole import brief, parse_json, read_numbers, read_text

FORMAT = 2
WEIGHTS, OPTIMIZER, STATE, META = (
    "weights.safetensors", "optimizer.safetensors", "state.json", "meta.json",
)  # fmt: skip
POINTERS = ("last", "best")
#: How often a checkpoint is looked for that a training beside removes before it is read.
_TRIES = 100


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and found whole.

    tensors: of the learner, by name.
    optimizer: what the optimiser keeps, ``<parameter>/<what>``; in format 1 ``#<number>/<what>``.
    progress: where the run stands; None for weights alone.
    digest: SHA-256 of the file of weights.
    """

    path: Path
    at: Position
    tensors: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    progress: Progress | None
    format: int = FORMAT
    digest: str = ""

    def to_continue(self) -> Progress:
        """Return where the run stands.

        Raises:
            DataError: the checkpoint holds weights only, or the best epoch is not saved beside it.
        """
        if self.progress is None:
            raise DataError(
                f"{self.path} holds weights only; it can be run, but not continued: a training "
                "that starts from them names it as train.start_from"
            )
        best = Position(self.progress.best.epoch)
        if self.path.is_dir() and best not in saved(self.path.parent):
            raise DataError(f"{self.path} tells that {best} was the best, which is not saved")
        return self.progress


# ---- writing ----


def save(
    folder: Path,
    at: Position,
    tensors: Mapping[str, Tensor],
    optimizer: Mapping[str, Tensor] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a checkpoint into ``folder`` and return its path; without progress, weights only."""
    return write(folder, at, packed(tensors, optimizer, progress))


def packed(
    tensors: Mapping[str, Tensor],
    optimizer: Mapping[str, Tensor] | None = None,
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """Return the files of a checkpoint by name; what is given may change afterwards."""
    contents = {WEIGHTS: _packed(tensors)}
    if progress is not None:
        contents[OPTIMIZER] = _packed(optimizer or {})
        contents[STATE] = progress.to_json().encode()
    return contents


def write(folder: Path, at: Position, contents: Mapping[str, bytes]) -> Path:
    """Write a checkpoint, given its files by name, into ``folder`` and return its path."""
    path = folder / at.name
    temporary = temporary_name(path)
    with disk_errors(str(path)):
        try:
            _write(temporary, at, contents)
            _swap(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync(folder)
    return path


def _packed(tensors: Mapping[str, Tensor]) -> bytes:
    """Return tensors as a file; those that share memory are written each for itself."""
    seen: set[int] = set()
    ready = {}
    for name, tensor in tensors.items():
        own = tensor.detach().cpu().contiguous()
        memory = own.untyped_storage().data_ptr()
        ready[name] = own.clone() if memory in seen else own
        seen.add(memory)
    return serialize(ready)


def _write(folder: Path, at: Position, contents: Mapping[str, bytes]) -> None:
    folder.mkdir()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    meta = json.dumps({"format": FORMAT, **asdict(at), "sha256": digests}, indent=2) + "\n"
    for name, content in {**contents, META: meta.encode()}.items():
        (folder / name).write_bytes(content)
        sync(folder / name)
    sync(folder)


def _swap(new: Path, path: Path) -> None:
    """Put ``new`` at ``path``; a folder is not replaced in one step, so the old one moves off."""
    old = temporary_name(path, "old.")
    if path.exists():
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def repair(folder: Path) -> None:
    """Put back a checkpoint that had made room for a new one when its writer was killed."""
    for entry in folder.glob(".*.old.*"):
        name = entry.name.split(".old.")[1]
        if position(name) and not (folder / name).exists():
            entry.rename(folder / name)


def point(folder: Path, last: Position, best: Position) -> None:
    """Let the files ``last`` and ``best`` name those checkpoints, for who looks into the folder.

    Nothing here reads them: the last checkpoint is the latest, and that knows the best.
    """
    for name, at in zip(POINTERS, (last, best), strict=True):
        path, text = folder / name, at.name + "\n"
        if not path.is_file() or read_text(path) != text.encode():
            write_text(path, text)


def prune(folder: Path, kept: set[Position]) -> None:
    """Remove every checkpoint that is not in ``kept``."""
    for at in saved(folder):
        if at not in kept:
            remove_folder(folder / at.name)


# ---- reading ----


def saved(folder: Path) -> list[Position]:
    """Return the checkpoints in ``folder``, in order of training."""
    names = (entry.name for entry in os.scandir(folder)) if folder.is_dir() else ()
    return sorted(found for name in names if (found := position(name)))


def load(path: Path) -> Checkpoint:
    """Read and check a checkpoint; every file is read once.

    Raises:
        DataError: it is absent or damaged.
    """
    try:
        version, at, digests = _described(parse_json(read_text(path / META)), path)
        contents = {name: read_numbers(path / name) for name in digests}
        for name, digest in digests.items():
            if hashlib.sha256(contents[name]).hexdigest() != digest:
                raise DataError(_damaged(path, f"the checksum of {name} differs"))
        tensors, optimizer, progress = _parts(path, version, contents)
        check_types(path, tensors, optimizer)
        check_steps(path, optimizer)
        if progress is not None:
            progress.check(at, str(path / (STATE if version > 1 else format1.FILES[1])))
        return Checkpoint(path, at, tensors, optimizer, progress, version, digests[WEIGHTS])
    except (OSError, ValueError, SafetensorError) as error:
        raise DataError(_damaged(path, brief(error))) from error


def _parts(
    path: Path, version: int, contents: dict[str, bytes]
) -> tuple[dict[str, Tensor], dict[str, Tensor], Progress | None]:
    """Return tensors of the learner and of the optimiser, and where the run stands."""
    tensors = deserialize(contents.pop(WEIGHTS))
    if version == 1:
        return format1.read(path, contents[format1.FILES[1]], tensors)
    if STATE not in contents:
        return tensors, {}, None
    where = str(path / STATE)
    return tensors, deserialize(contents[OPTIMIZER]), Progress.from_json(contents[STATE], where)


def _described(meta: Any, path: Path) -> tuple[int, Position, dict[str, str]]:
    """Return format, position and checksums that ``meta.json`` tells.

    Raises:
        DataError: a newer snnrun wrote it.
        ValueError: it tells no such things, or another position than the folder's name.
    """
    if not isinstance(meta, dict) or type(meta.get("format")) is not int:
        raise ValueError("meta.json holds no map that tells its format")
    version: int = meta["format"]
    if version > FORMAT:
        raise DataError(f"{path} was written by a newer snnrun (format {version})")
    epoch, batch, digests = (meta.get(key) for key in ("epoch", "batch", "sha256"))
    if not (type(epoch) is int and type(batch) is int and min(epoch, batch) >= 0):
        raise ValueError("meta.json tells no position")
    at = Position(epoch, batch)
    if position(path.name) not in (None, at):
        raise ValueError(f"meta.json says {at}")
    found: dict[str, str] = digests if isinstance(digests, dict) else {}
    every = format1.FILES if version == 1 else (WEIGHTS, OPTIMIZER, STATE)
    needed = every[:1] if set(found) == {WEIGHTS} and version != 1 else every
    absent = [name for name in needed if not isinstance(found.get(name), str)]
    if absent:
        raise ValueError(f"meta.json lacks the sha256 of {absent[0]}")
    return version, at, {name: found[name] for name in needed}


def _damaged(path: Path, why: str) -> str:
    own = position(path.name)
    others = [other for other in saved(path.parent) if other != own]
    hint = f". Others here: {', '.join(map(str, others))}" if others else ""
    return f"{path} is damaged: {why}{hint}"


def open_epoch(folder: Path, epoch: int | None = None) -> Checkpoint:
    """Read the checkpoint of a saved epoch; None stands for the last one.

    A training beside may remove the last one, once there is a later one, or put another in its
    place; then it is looked for again.

    Raises:
        DataError: that epoch was not saved, nothing was, or the checkpoint is damaged.
    """
    for tries in range(_TRIES):
        path = folder / _chosen(folder, epoch).name
        before = _identity(path)
        try:
            return load(path)
        except DataError:
            if before == _identity(path) is not None or tries == _TRIES - 1:
                raise
    raise AssertionError("unreachable: the last try raises")


def _chosen(folder: Path, epoch: int | None) -> Position:
    found = saved(folder)
    if not found:
        config = folder.parent / "config.yaml"
        hint = f"; start anew with: snnrun train {typed(config)}" if config.is_file() else ""
        raise DataError(f"{folder.parent} holds no checkpoint yet{hint}")
    if epoch is None:
        return found[-1]
    if Position(epoch) not in found:
        whole = ", ".join(str(at.epoch) for at in found if not at.batch) or "none"
        raise DataError(f"{folder.parent} has no epoch {epoch}. Saved epochs: {whole}")
    return Position(epoch)


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return what tells a folder from another one that took its name; None where it is absent."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns
