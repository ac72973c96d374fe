"""What a saved network did with a split: one file that figures and tables read, without torch.

``evaluation/epoch_0100/test.npz`` in a run folder holds

::

    facts           JSON: samples, loss, accuracy, ..., and the digests of what it was made from
    <measure>/...   the arrays of each measure that was asked for, at most 64 MB in all

It is made anew where weights, data or settings differ, and written whole or not at all.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.disk import read_file
from snnrun.core.position import Position, position
from snnrun.core.shell import typed
from snnrun.errors import DataError
from snnrun.runs.files import disk_errors, refuse_links, remove_temporary_files, write_atomic
from snnrun.runs.folder import RunDir
from snnrun.runs.weights import read_weights, weights_digest
from snnrun.runs.whole import parse_json

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

Array = NDArray[Any]
Digests = Mapping[str, str]
LIMIT = 64 * 2**20  #: bytes of the arrays of a split
_MOST = 2 * LIMIT  # of a file, with what it takes to tell them apart
_OLD = 3600.0  # seconds after which nobody writes to a temporary file any more


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What one split did to one saved network.

    run: the run folder.
    experiment: its config.
    epoch, split: which network, shown what.
    arrays: by name, ``<measure>/<array>``.
    facts: numbers and names: ``samples``, ``loss`` (None for a rule without one), ``accuracy``
        (where samples have classes), ``statistics``, ``digests``, ``measures``.
    tensors: of the model by name, where they were read already; the checkpoint may be gone since.
    """

    run: RunDir
    experiment: "Experiment"
    epoch: int
    split: str
    arrays: Mapping[str, Array]
    facts: Mapping[str, Any]
    tensors: dict[str, Array] | None = None

    def __repr__(self) -> str:
        told = [] if self.accuracy is None else [f"accuracy {self.accuracy:.2%}"]
        told += [] if self.loss is None else [f"loss {self.loss:.6g}"]
        shown = f"{self.samples:,} samples of the {self.split} split"
        measures = ", ".join(self.facts.get("measures", ()))
        return "\n".join(
            [
                f"Evaluation of {self.run.path}, epoch {self.epoch}: {', '.join([shown, *told])}",
                *([f"of(name) gives the arrays of: {measures}"] if measures else ()),
            ]
        )

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
        if self.tensors is not None:
            return self.tensors
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


def settings_digest(experiment: "Experiment") -> str:
    """Return what tells the settings that an evaluation follows from, but for its schedules."""
    train = experiment.train
    settings = experiment.model_dump(exclude={"train"}) | {
        "augment": train.model_dump()["augment"],
        "precision": train.precision,
        "frozen": train.frozen,
    }
    return digest(repr(settings).encode())


def stored(
    run: RunDir | Path | str,
    epoch: int | None = None,
    split: str = "test",
    folder: Path | None = None,
) -> Evaluation:
    """Return what was kept of an evaluation, without torch and without a look at the data.

    Args:
        run: the run folder.
        epoch: None for the latest epoch of which something was kept.
        split: train, validation or test.
        folder: where it was kept; None for the run folder.

    Raises:
        DataError: nothing was kept, it is damaged, or of other weights or settings than those of
            the run.
    """
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    folder = folder or run.path
    names = sorted(path.parent.name for path in folder.glob(f"evaluation/*/{split}.npz"))
    known = [at.epoch for at in map(position, names) if at]
    at = epoch if epoch is not None else max(known, default=0)
    path = file_of(folder, at, split)
    arrays, facts = read(path)
    if not facts:
        raise DataError(
            f"{path} is absent or damaged; it is made by: snnrun eval {typed(run.path)}"
        )
    known, experiment = facts["digests"], run.experiment()
    for what, now in (
        ("weights", weights_digest(run.checkpoints / Position(at).name)),
        ("settings", settings_digest(experiment)),
    ):
        if known.get(what) != now:
            raise DataError(
                f"{path} is of other {what}; it is made anew by: snnrun eval {typed(run.path)}"
            )
    return Evaluation(run, experiment, at, split, arrays, facts)


def read(path: Path, digests: Digests | None = None) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return arrays and facts of a file; nothing if it is absent, damaged, or of something else.

    Args:
        path: the file.
        digests: of what it should have been made from; None: of anything.
    """
    try:
        raw = io.BytesIO(read_file(path, _MOST))
        with zipfile.ZipFile(raw) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST:
                return {}, {}
        with np.load(raw, allow_pickle=False) as file:
            facts = parse_json(bytes(file["facts"]))
            if not isinstance(facts["digests"], dict) or facts["digests"] != dict(
                facts["digests"] if digests is None else digests
            ):
                return {}, {}
            return {name: file[name] for name in file.files if name != "facts"}, facts
    except Exception:  # damaged bytes make the readers of numpy raise anything
        return {}, {}  # it can be made anew


def write(path: Path, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
    """Write a file, and remove what killed writers left beside it.

    Raises:
        DataError: the disk is full or cannot be written, or there are too many numbers.
    """
    check_size(arrays)
    folder = path.parents[2]
    refuse_links(folder, ["evaluation", str(path.parent.relative_to(folder))])
    coded = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_temporary_files(path.parent, _OLD)
    write_atomic(path, lambda temporary: _save(temporary, {"facts": coded, **arrays}))


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]


def check_size(arrays: Mapping[str, Array], limit: int = LIMIT) -> None:
    """Refuse more than a file may hold.

    Raises:
        DataError: names the measure that takes most.
    """
    sizes: dict[str, int] = {}
    for name, array in arrays.items():
        measure = name.partition("/")[0]
        sizes[measure] = sizes.get(measure, 0) + array.nbytes
    total = sum(sizes.values())
    if total > limit:
        name = max(sizes, key=lambda name: sizes[name])
        whole, own, most = (f"{n / 2**20:.1f} MB" for n in (total, sizes[name], limit))
        raise DataError(
            f"the measures of a split come to {whole}, of which {name} takes {own}; "
            f"expected at most {most}"
        )


def size_of(arrays: Mapping[str, Array]) -> int:
    """Return how many bytes arrays take."""
    return sum(array.nbytes for array in arrays.values())


def named(measure: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays of a measure under the names that they have in a file."""
    return {f"{measure}/{name}": np.asarray(array) for name, array in arrays.items()}


def missing(facts: Mapping[str, Any], wanted: Iterable[str]) -> list[str]:
    """Return which of the wanted measures a file does not have."""
    return [name for name in dict.fromkeys(wanted) if name not in facts.get("measures", ())]
