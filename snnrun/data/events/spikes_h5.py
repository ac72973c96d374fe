"""Spike trains in the HDF5 files of the Spiking Heidelberg data sets, binned into steps.

::

    spikes/times   [samples] of lists of seconds, float16
    spikes/units   [samples] of lists of channels, 0 to 699
    labels         [samples]

A spike of channel u of U at time t is counted at step floor(t bins / max_time) and input
floor(u units / U); spikes from ``max_time`` on are left out. Samples are read when they are wanted.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.hdf5 import refuse_endless
from snnrun.core.memory import total
from snnrun.data.events.counts import Counts, CountSource, file_facts
from snnrun.data.source import Labels
from snnrun.data.targets import whole_numbers
from snnrun.errors import DataError

if TYPE_CHECKING:  # the table is read where it is not wanted
    from h5py import File

CHANNELS = 700
_PARTS = ("spikes/times", "spikes/units", "labels")


class SpikeSource(CountSource):
    """Spike trains in a file.

    Args:
        path: of the file.
        bins: steps of a sample.
        max_time: seconds of them together.
        units: inputs that the channels are summed into.
        binary: whether several spikes of an input at a step count as one.
        labelled: whether labels are read; else all are 0.

    Raises:
        DataError: the file is absent or damaged; h5py is not installed.
    """

    def __init__(
        self,
        path: Path,
        bins: int,
        max_time: float,
        units: int,
        binary: bool,
        labelled: bool = True,
    ) -> None:
        self.path, self.max_time, self.binary = path, max_time, binary
        self._parts = _PARTS if labelled else _PARTS[:2]
        self._file: tuple[int, File] | None = None
        super().__init__((bins, units), self._checked_labels())

    def counts(self, number: int) -> Counts:
        """Return the spikes of a sample, ``[bins, units]``."""
        with self._readable():
            file = self._opened()
            times = np.asarray(file[_PARTS[0]][number], np.float64)
            units = np.asarray(file[_PARTS[1]][number], np.int64)
        self._check(number, times, units)
        bins, inputs = self.shape
        step = np.floor(times * bins / self.max_time).astype(np.int64)
        early = step < bins
        flat = step[early] * inputs + units[early] * inputs // CHANNELS
        found = np.bincount(flat, minlength=bins * inputs).reshape(bins, inputs)
        return np.minimum(found, 1) if self.binary else found

    def facts(self) -> object:
        """Return name, size and time of the file, and how spikes are counted."""
        return file_facts([self.path]), self.max_time, self.binary

    def _check(self, number: int, times: NDArray[np.float64], units: NDArray[np.int64]) -> None:
        if times.ndim != 1 or units.ndim != 1:
            said = f"has times {list(times.shape)} and units {list(units.shape)}; expected lists"
        elif len(times) != len(units):
            said = f"has {len(times)} times and {len(units)} units; expected as many"
        elif not ((times >= 0) & np.isfinite(times)).all():
            said = f"has a spike at {times[~(times >= 0) | ~np.isfinite(times)][0]:g} s"
        elif not ((units >= 0) & (units < CHANNELS)).all():
            odd = units[(units < 0) | (units >= CHANNELS)][0]
            said = f"has a spike of unit {odd}; expected 0 to {CHANNELS - 1}"
        else:
            return
        raise DataError(f"{self.path}: sample {number} {said}; replace it")

    def _checked_labels(self) -> Labels:
        with self._readable(), self._file_at_disk() as file:
            absent = [part for part in self._parts if part not in file]
            if absent:
                raise DataError(f"{self.path}: holds no {', '.join(absent)}; replace it")
            sizes = [len(file[part]) for part in self._parts]
            labels = self._stored_labels(file) if _PARTS[2] in self._parts else None
        if len(set(sizes)) > 1 or (labels is not None and labels.ndim != 1):
            raise DataError(
                f"{self.path}: {' and '.join(self._parts)} have {sizes} entries; expected one of "
                "each for every sample; replace it"
            )
        if labels is None:
            return np.zeros(sizes[0], np.int64)
        return whole_numbers(labels, str(self.path))

    @staticmethod
    def _stored_labels(file: "File") -> NDArray[Any]:
        stored = file[_PARTS[2]]
        if not hasattr(stored, "nbytes"):
            raise ValueError(f"{_PARTS[2]} is a group")
        if stored.nbytes > total():  # a few bytes can stand for any number of zeros
            raise ValueError(f"{_PARTS[2]} have {len(stored):,} entries")
        return np.asarray(stored)

    def _opened(self) -> "File":
        """Return the file, opened once in every process."""
        if self._file is None or self._file[0] != os.getpid():
            self._file = os.getpid(), self._file_at_disk()
        return self._file[1]

    def _file_at_disk(self) -> "File":
        refuse_endless(self.path)
        return h5py().File(self.path, "r")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise DataError(
                f"{self.path}: cannot be read as HDF5: {str(error).splitlines()[0]}"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_file": None}


def h5py() -> Any:
    """Import h5py.

    Raises:
        DataError: it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            "h5py, which reads HDF5, is not installed; pip install 'snnrun[events]'"
        ) from error
    return h5py
