"""The result folders of fastAndDeep and DelGrad: which files belong to which epoch.

::

    config.yaml                     as it was given
    <data>_untrained_network.pt     before training
    <data>_network.pt, ...          after training, first generation only
    epoch_<n>/                      config.yaml, <data>_network.pt, <data>_optim_state.yaml, ...
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnrun.compat.fastanddeep.tensors import Array
from snnrun.errors import DataError

_EPOCH = re.compile(r"epoch_(\d+)")
_NETWORK, _UNTRAINED = "_network.pt", "_untrained_network.pt"
_READ = ("config.yaml", "_network.pt", "_optim_state.yaml", "s.npy")


@dataclass(frozen=True)
class Saved:
    """The files of one epoch: ``<folder>/<data>_...``."""

    folder: Path
    data: str

    def file(self, name: str) -> Path:
        """Return the path of a file, such as ``network.pt``."""
        return self.folder / f"{self.data}_{name}"

    def array(self, name: str) -> Array | None:
        """Return the array of a file such as ``val_losses.npy``; None where it is absent.

        Raises:
            DataError: it is damaged, or holds more than numbers.
        """
        path = self.file(name)
        if not path.exists():
            return None
        try:
            found: Array = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: no array of numbers: {error}") from error
        return found


@dataclass(frozen=True)
class ResultDir:
    """A result folder: its config, the epochs in it, the network before training."""

    path: Path
    config: Path
    epochs: dict[int, Saved]
    untrained: Path | None

    @property
    def last(self) -> Saved:
        """The files of the last epoch, which know all that came before."""
        return self.epochs[max(self.epochs)]

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file that an import reads."""
        folders = [self.path, *(saved.folder for saved in self.epochs.values())]
        files = {file for folder in folders for file in folder.iterdir() if file.is_file()}
        chosen = sorted(file for file in files if file.name.endswith(_READ))
        return {
            file.relative_to(self.path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in chosen
        }


def is_result_dir(path: Path) -> bool:
    """Tell whether a folder looks like one of theirs, or like one epoch of one."""
    if not path.is_dir() or (path / "checkpoints").is_dir():
        return False
    return any(True for _ in _networks(path, f"*{_NETWORK}"))


def find(path: Path) -> tuple[ResultDir, int | None]:
    """Return the result folder that ``path`` is, or is an epoch of, and which epoch that is.

    Raises:
        DataError: it holds no trained network or no config.
    """
    named = _EPOCH.fullmatch(path.resolve().name)
    inside = named is not None and is_result_dir(path.resolve().parent)
    root = path.resolve().parent if inside else path
    epochs = _epochs(root)
    if not epochs:
        raise DataError(f"{path} holds no trained network: no file *{_NETWORK}")
    config = [root / "config.yaml", *(saved.folder / "config.yaml" for saved in epochs.values())]
    present = [file for file in config if file.is_file()]
    if not present:
        raise DataError(f"{path} holds no config.yaml")
    untrained = next(iter(sorted(root.glob(f"*{_UNTRAINED}"))), None)
    return ResultDir(root, present[0], epochs, untrained), int(named[1]) if named else None


def _epochs(root: Path) -> dict[int, Saved]:
    """Return the saved epochs; files in the root itself are those of the last.

    The last may have a folder too, which then comes first: it knows the optimiser as well.
    """
    found: dict[int, Saved] = {}
    for network in _networks(root, f"*{_NETWORK}"):
        if network.name.endswith(_UNTRAINED):
            continue
        saved = Saved(network.parent, network.name.removesuffix(_NETWORK))
        named = _EPOCH.fullmatch(network.parent.resolve().name)
        found.setdefault(int(named[1]) if named else _trained(saved), saved)
    return dict(sorted(found.items()))


def _networks(root: Path, pattern: str) -> Iterator[Path]:
    yield from root.glob(f"epoch_*/{pattern}")
    yield from root.glob(pattern)


def _trained(saved: Saved) -> int:
    """Return how many epochs a network was trained, which the length of its curves tells."""
    losses = saved.array("train_losses.npy")
    if losses is None or losses.ndim != 1 or not len(losses):
        path = saved.file("train_losses.npy")
        raise DataError(f"{path} is missing or damaged; it tells how long the network was trained")
    return len(losses)
