"""Which run folders are meant: by a run, a folder of runs, that of a sweep, or a pattern."""

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from snnrun.core.registry import near
from snnrun.errors import DataError, SnnrunWarning
from snnrun.runs.naming import folders_among


def runs_at(places: Sequence[Path], may_be_empty: bool = False) -> list[Path]:
    """Return the run folders that places name, each once, in the order of the places.

    Args:
        places: each is a run folder, a folder with runs or sweeps, or a pattern such as
            ``experiment_results/mnist_*`` of these.
        may_be_empty: whether a folder may hold no run.

    Raises:
        DataError: one of them is not there, or holds no run; the nearest name that there is.
    """
    found = dict[str, Path]()
    for place in folders_among(places):
        runs = [run for folder in _folders(place) for run in _runs_of(folder)]
        if not runs and not may_be_empty:
            raise DataError(f"{place} holds no run: nothing in it has a config.yaml")
        for run in runs:
            found.setdefault(os.path.realpath(run), run)
    return list(found.values())


def base_of(places: Sequence[Path]) -> Path:
    """Return the folder from which runs that places name are called by unlike names."""
    folders = [folder for place in folders_among(places) for folder in _folders(place)]
    outside = [os.path.abspath(each.parent if is_run(each) else each) for each in folders]
    return Path(os.path.commonpath(outside))


def runs_in(folder: Path) -> list[Path]:
    """Return the run folders in a folder, and in folders of sweeps there, by name.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"no such folder: {folder}{_similar(folder)}")
    return sorted(_runs(folder, depth=2))


def is_run(folder: Path) -> bool:
    """Tell whether a folder is that of a run."""
    return (folder / "config.yaml").is_file()


def _runs_of(folder: Path) -> list[Path]:
    return [folder] if is_run(folder) else runs_in(folder)


def _folders(place: Path) -> list[Path]:
    """Return the folders that a place names: itself, or those that match it."""
    if place.exists() or not has_magic(str(place)):
        return [place]
    matching = [Path(path) for path in sorted(glob(str(place))) if os.path.isdir(path)]
    if not matching:
        raise DataError(f"no folder matches {place}{_similar(place)}")
    return matching


def _similar(path: Path) -> str:
    """Say which folder was most likely meant."""
    guess = near(path.name, sorted(_names(path.parent)))
    return f"; did you mean {path.parent / guess}?" if guess else ""


def _names(folder: Path) -> Iterable[str]:
    try:
        with os.scandir(folder) as found:
            return [entry.name for entry in found if entry.is_dir() and entry.name[0] != "."]
    except OSError:  # there is none, or it may not be looked into
        return []


def _runs(folder: Path, depth: int) -> Iterator[Path]:
    """Yield run folders; a warning names what cannot be looked into."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        _warn(folder, error)
        return
    for entry in entries:
        try:
            path = Path(entry.path) if entry.is_dir() else None
            found_run = path is not None and is_run(path)
        except OSError as error:
            _warn(Path(entry.path), error)
            continue
        if path and found_run:
            yield path
        elif path and depth > 1:
            yield from _runs(path, depth - 1)


def _warn(path: Path, error: OSError) -> None:
    text = f"cannot look into {path}: {error.strerror or error}; it is left out"
    warnings.warn(SnnrunWarning(text), stacklevel=2)
