"""The files of an export: all of them, or a folder that nobody takes for one."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from snnrun.data.source import Array
from snnrun.runs.files import disk_errors, remove_temporary_files, write_atomic, write_text

STALE = 300.0  # seconds after which what another export began is left for good


def write_files(
    folder: Path, configs: Mapping[str, str], arrays: Mapping[str, Array]
) -> list[Path]:
    """Write an export and return its paths.

    Configs, without which no program reads the rest, are removed before anything else and written
    after it: an export that was broken off has none, and the next one replaces it.

    Args:
        folder: made if absent; of its files those of an earlier export are replaced, others stay.
        configs: texts by the names of their files.
        arrays: by the names of their files, which may lie in folders.

    Raises:
        DataError: the disk cannot be written.
    """
    for place in {folder, *(folder / Path(name).parent for name in arrays)}:
        with disk_errors(str(place)):
            place.mkdir(parents=True, exist_ok=True)
            remove_temporary_files(place, age=STALE)
    for name in configs:
        with disk_errors(str(folder / name)):
            (folder / name).unlink(missing_ok=True)
    for name, array in arrays.items():
        write_atomic(folder / name, partial(np.save, arr=array))
    for name, text in configs.items():
        write_text(folder / name, text)
    return [folder / name for name in (*configs, *arrays)]
