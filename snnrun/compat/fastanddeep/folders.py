"""The result folders of fastAndDeep and DelGrad: which files belong to which epoch.

::

    config.yaml                     as it was given
    <data>_untrained_network.pt     before training
    <data>_network.pt, ...          after training, first generation only
    epoch_<n>/                      config.yaml, <data>_network.pt, <data>_optim_state.yaml, ...
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnrun.compat.arrays import read_array
from snnrun.compat.runs import digests
from snnrun.core.disk import real
from snnrun.errors import DataError
from snnrun.runs.torch_files import Array

_EPOCH = re.compile(r"epoch_(\d+)")
_MOST = 100_000  # epochs that anybody trains; each takes time and memory to import
_NETWORK, _UNTRAINED = "_network.pt", "_untrained_network.pt"
_SIGN = "_gitsha.txt"  # in every folder of theirs, with or without the networks
_READ = ("config.yaml", "_network.pt", "_optim_state.yaml", "s.npy", "_training.npy", "_sorted.npy")


@dataclass(frozen=True)
class Saved:
    """The files of one epoch: ``<folder>/<data>_...``; ``name`` is that of the network."""

    folder: Path
    data: str
    name: str = "network.pt"

    @property
    def network(self) -> Path:
        """The saved network."""
        return self.file(self.name)

    @property
    def optimizer(self) -> Path | None:
        """The state of the optimiser, if there is one beside a trained network."""
        path = self.file("optim_state.yaml")
        return path if path.is_file() and self.name == "network.pt" else None

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
        found = read_array(path)
        if not found.ndim:
            raise DataError(f"{path}: no array of numbers: a single one")
        return found


@dataclass(frozen=True)
class ResultDir:
    """A result folder: its config, and the epochs in it, ascending; 0 is before training."""

    path: Path
    config: Path
    epochs: dict[int, Saved]

    @property
    def last(self) -> int:
        """The last epoch, whose files know all that came before."""
        return max(self.epochs)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file that an import reads."""
        folders = [self.path, *(saved.folder for saved in self.epochs.values())]
        files = {file for folder in folders for file in folder.iterdir() if file.is_file()}
        return digests(self.path, (file for file in files if file.name.endswith(_READ)))


def is_result_dir(path: Path) -> bool:
    """Tell whether a folder looks like one of theirs, or like one epoch of one."""
    if not path.is_dir() or (path / "checkpoints").is_dir():
        return False
    return any(_files(path, _NETWORK)) or any(_files(path, _SIGN))


def find(path: Path) -> tuple[ResultDir, int | None]:
    """Return the result folder that ``path`` is, or is an epoch of, and which epoch that is.

    Raises:
        DataError: it holds no trained network or no config.
    """
    path = real(path)
    named = _EPOCH.fullmatch(path.name)
    root = path.parent if named else path
    epochs = _epochs(root)
    if not any(epochs):
        folders = [each.name for each in sorted(root.glob("epoch_*")) if each.is_dir()]
        among = f" in it, or in {', '.join(folders)}" if folders else ""
        raise DataError(f"{path} holds no trained network: no file *{_NETWORK}{among}")
    for folder in (root, *(saved.folder for saved in epochs.values())):
        if (folder / "config.yaml").is_file():
            number = int(named[1]) if named else None
            return ResultDir(root, folder / "config.yaml", epochs), number
    raise DataError(f"{path} holds no config.yaml")


def _epochs(root: Path) -> dict[int, Saved]:
    """Return the saved epochs; a network in the root itself is that of the last.

    The last may have a folder too, which then comes first: it knows the optimiser as well.
    """
    found: dict[int, Saved] = {}
    for path in _files(root, _NETWORK):
        if path.name.endswith(_UNTRAINED):
            saved = Saved(path.parent, path.name.removesuffix(_UNTRAINED), _UNTRAINED[1:])
            found.setdefault(0, saved)
        else:
            saved = Saved(path.parent, path.name.removesuffix(_NETWORK))
            found.setdefault(_epoch_of(saved, root), saved)
    return dict(sorted(found.items()))


def _epoch_of(saved: Saved, root: Path) -> int:
    """Return which epoch a network is of: its folder says it, or its curves do.

    Raises:
        DataError: neither does, or no training has as many epochs.
    """
    named = _EPOCH.fullmatch(saved.folder.name) if saved.folder != root else None
    if named is None:
        return _trained(saved)
    if len(named[1]) > len(str(_MOST)) or int(named[1]) > _MOST:
        raise DataError(f"{saved.folder}: no training has as many epochs; expected up to {_MOST:,}")
    return int(named[1])


def _files(root: Path, ending: str) -> Iterator[Path]:
    """Yield the files whose names end so, those in folders of epochs first."""
    for pattern in (f"epoch_*/*{ending}", f"*{ending}"):
        yield from sorted(root.glob(pattern))


def _trained(saved: Saved) -> int:
    """Return how many epochs a network was trained, which the length of its curves tells."""
    losses = saved.array("train_losses.npy")
    if losses is None or losses.ndim != 1 or not len(losses):
        path = saved.file("train_losses.npy")
        raise DataError(f"{path} is missing or damaged; it tells how long the network was trained")
    return len(losses)
