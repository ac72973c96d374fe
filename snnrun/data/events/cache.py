"""Counts of events that are made once and kept in ``$SNNRUN_DATA/frames``.

A file is ``NAME-DIGEST.npy``: an array ``[samples, time, ...]`` of the smallest unsigned type that
holds all counts, and its CRC-32 behind it. The digest is that of the source, so other settings, or
other files of the data set, make another file; any of them may be deleted at any time.

It is written under another name, flushed to the disk and renamed, by one process while others wait;
so nobody sees half of it. A file that is damaged all the same is made anew. Where nothing can be
written, samples are made each time they are wanted.
"""

import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from snnrun.core.disk import fcntl, open_file, open_lock, sync
from snnrun.data.array_files import ArrayFile, MappedSource
from snnrun.data.events.counts import CountSource, Recording
from snnrun.data.events.settings import FrameSettings
from snnrun.data.files import data_folder
from snnrun.data.source import Source

TYPES = (np.uint8, np.uint16, np.uint32)
_SUM, _CHUNK = 4, 2**22


class CacheWarning(UserWarning):
    """Samples are made anew each time."""


class KeptCounts(MappedSource):
    """Counts in a file that stays on disk; to others, the same samples as those it was made of."""

    def __init__(self, path: Path, made_of: CountSource) -> None:
        super().__init__(ArrayFile(path), made_of.targets(), 1.0)
        self._digest = made_of.digest()

    def digest(self) -> str:
        """Return the digest of what they were made of."""
        return self._digest


def kept(source: CountSource, name: str) -> Source:
    """Return the samples of ``source`` from a file, which is made if it is not there.

    Args:
        source: makes samples.
        name: of the data set and its part.

    Raises:
        DataError: a file that samples are made of is absent or damaged.
    """
    path = data_folder() / "frames" / f"{name}-{source.digest()[:16]}.npy"
    try:
        if not _whole(path, source):
            path.parent.mkdir(exist_ok=True)
            with _alone(path):
                if not _whole(path, source):
                    _make(path, source)
    except OSError as error:
        warnings.warn(
            f"cannot keep frames in {path}: {error.strerror or error}; they are made anew each "
            "time, which is slow (data.keep=false is silent about it)",
            CacheWarning,
            stacklevel=2,
        )
        return source
    return KeptCounts(path, source)


def frames_of(settings: FrameSettings, recordings: Sequence[Recording], name: str) -> Source:
    """Return the frames of recordings, from a file if the settings keep them.

    Args:
        settings: how events are counted.
        recordings: of the samples.
        name: of the data set and its part.

    Raises:
        DataError: there is no recording; where they are kept: one is absent or damaged.
    """
    made = settings.framed(recordings)
    return kept(made, name) if settings.keep else made


def _whole(path: Path, source: CountSource) -> bool:
    """Tell whether a file is there, of the right shape, and as it was written."""
    try:
        with open_file(path) as file:
            npy.read_magic(file)
            shape, _, dtype = npy.read_array_header_1_0(file)
            size = dtype.itemsize * int(np.prod(shape))
            due = file.tell() + size + _SUM
            if shape != (len(source), *source.shape) or os.fstat(file.fileno()).st_size != due:
                return False
            return _sum_of(file, size) == int.from_bytes(file.read(_SUM), "big")
    except FileNotFoundError:
        return False
    except OSError:
        raise
    except Exception:  # no array: damaged bytes make numpy's reader raise anything
        return False


def _sum_of(file: BinaryIO, size: int) -> int:
    """Return the CRC-32 of the next so many bytes."""
    found = 0
    while size:
        chunk = file.read(min(size, _CHUNK))
        found, size = zlib.crc32(chunk, found), size - len(chunk)
    return found


def _make(path: Path, source: CountSource) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        for dtype in TYPES:
            if _written(part, source, np.dtype(dtype)):
                break
        part.replace(path)
        sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _written(part: Path, source: CountSource, dtype: np.dtype[np.unsignedinteger]) -> bool:
    """Write all samples, and tell whether their counts fit into the type."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": (len(source), *source.shape)}
    found, most = 0, np.iinfo(dtype).max
    with part.open("wb") as file:
        npy.write_array_header_1_0(file, header)
        for number in _shown(len(source), part.name.partition(".")[0]):
            counts = source.counts(number)
            if counts.max() > most:
                return False
            content = counts.astype(dtype).tobytes()
            file.write(content)
            found = zlib.crc32(content, found)
        file.write(found.to_bytes(_SUM, "big"))
        file.flush()
        os.fsync(file.fileno())
    return True


def _shown(samples: int, name: str) -> Iterator[int]:
    """Count samples, with a bar where somebody looks at a terminal."""
    from tqdm import tqdm

    yield from tqdm(range(samples), desc=f"frames of {name}", leave=False, disable=None)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time make a file; others wait here until it is there.

    A file system that cannot lock lets all of them make it, each under a name of its own.
    """
    with open_lock(path.with_suffix(".lock")) as file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)  # let go with the file, or with the process
                for old in path.parent.glob(f"{path.stem}.*.part"):
                    old.unlink(missing_ok=True)
        except OSError:
            pass
        yield
