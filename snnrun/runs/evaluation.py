"""What a saved network did with a split: one file that figures and tables read, without torch.

``evaluation/epoch_0100/test.npz`` in a run folder holds

::

    facts           JSON: samples, loss, accuracy, ..., and the digests of what it was made from
    <measure>/...   the arrays of each measure that was asked for, at most 64 MB in all

It is made anew where weights, data or settings differ, and written whole or not at all.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.runs.files import disk_errors, write_atomic
from snnrun.runs.folder import RunDir
from snnrun.runs.weights import read_weights

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

Array = NDArray[Any]
Digests = Mapping[str, str]
LIMIT = 64 * 2**20  #: bytes of the arrays of a split


@dataclass(frozen=True)
class Evaluation:
    """What one split did to one saved network.

    arrays: by name, ``<measure>/<array>``.
    facts: numbers and names: ``samples``, ``loss`` (None for a rule without one), ``accuracy``
        (where samples have classes), ``statistics``, ``digests``, ``measures``.
    """

    run: RunDir
    experiment: "Experiment"
    epoch: int
    split: str
    arrays: Mapping[str, Array] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)

    def of(self, measure: str) -> dict[str, Array]:
        """Return the arrays of a measure by their names within it."""
        start = f"{measure}/"
        return {
            name.removeprefix(start): array
            for name, array in self.arrays.items()
            if name.startswith(start)
        }

    @property
    def samples(self) -> int:
        """How many samples were shown."""
        return int(self.facts["samples"])

    @property
    def whole(self) -> int:
        """How many samples the split has, shown or not."""
        return int(self.facts["whole"])

    @property
    def loss(self) -> float | None:
        """Mean loss; None for a rule without one."""
        found = self.facts["statistics"].get("loss")
        return None if found is None else float(found)

    @property
    def accuracy(self) -> float | None:
        """Share of right predictions, 0 to 1; None where samples have no classes."""
        found = self.facts["statistics"].get("accuracy")
        return None if found is None else float(found)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.experiment.data.classes

    @cached_property
    def weights(self) -> dict[str, Array]:
        """Tensors of the model by name."""
        return read_weights(self.run.checkpoints / Position(self.epoch).name)

    @cached_property
    def initial_weights(self) -> dict[str, Array]:
        """The same before training; none if they were not saved."""
        path = self.run.checkpoints / Position(0).name
        return read_weights(path) if path.is_dir() else {}


def file_of(folder: Path, epoch: int, split: str) -> Path:
    """Return where the evaluation of an epoch lies in a folder."""
    return folder / "evaluation" / Position(epoch).name / f"{split}.npz"


def digest(*parts: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()


def read(path: Path, digests: Digests) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return arrays and facts of a file; nothing if it is absent, damaged, or of something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(bytes(file["facts"]))
            if facts["digests"] != dict(digests):
                return {}, {}
            return {name: file[name] for name in file.files if name != "facts"}, facts
    except FileNotFoundError:
        return {}, {}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return {}, {}  # it can be made anew


def write(path: Path, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
    """Write a file.

    Raises:
        DataError: the disk is full or cannot be written, or there are too many numbers.
    """
    check_size(arrays)
    coded = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda temporary: _save(temporary, {"facts": coded, **arrays}))


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]


def check_size(arrays: Mapping[str, Array]) -> None:
    """Refuse more than a file may hold.

    Raises:
        DataError: names the measure that takes most.
    """
    sizes: dict[str, int] = {}
    for name, array in arrays.items():
        measure = name.partition("/")[0]
        sizes[measure] = sizes.get(measure, 0) + array.nbytes
    if sum(sizes.values()) > LIMIT:
        most = max(sizes, key=lambda name: sizes[name])
        raise DataError(
            f"the measures of a split come to {sum(sizes.values()) >> 20} MB, of which {most} "
            f"takes {sizes[most] >> 20}; expected at most {LIMIT >> 20} MB"
        )


def named(measure: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays of a measure under the names that they have in a file."""
    return {f"{measure}/{name}": np.asarray(array) for name, array in arrays.items()}


def missing(facts: Mapping[str, Any], wanted: Iterable[str]) -> list[str]:
    """Return which of the wanted measures a file does not have."""
    return [name for name in dict.fromkeys(wanted) if name not in facts.get("measures", ())]
