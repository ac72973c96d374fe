"""Published data sets: fetched by torchvision if that is asked for, or by hand."""

from collections.abc import Iterable
from pathlib import Path

from snnrun.data.files import data_folder, packed
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import DataError


def published(collection: str, folder: str, names: Iterable[str], download: bool) -> Path:
    """Return the folder of the files of a data set, once they are there.

    Args:
        collection: what torchvision calls the data set.
        folder: where torchvision puts its files, within the data folder.
        names: of the files.
        download: whether to fetch them if one is absent.

    Raises:
        DataError: a file is absent, or cannot be fetched.
    """
    place, names = data_folder() / folder, list(names)
    there = (place / name for name in names)
    absent = [each.name for each in there if not (each.is_file() or packed(each).is_file())]
    if absent and download:
        _fetch(collection, place, names)
    elif absent:
        raise DataError(
            f"{place}: lacks {', '.join(absent)}; set data.download=true to fetch them, "
            "or put them there (SNNRUN_DATA names the data folder)"
        )
    return place


def _fetch(collection: str, place: Path, names: list[str]) -> None:
    """Have torchvision download the files; it checks what it gets."""
    try:
        getattr(torchvision().datasets, collection)(data_folder(), download=True)
    except (OSError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[-1]
        raise DataError(
            f"{place}: cannot download {', '.join(names)}: {reason}; "
            "put them there by hand (SNNRUN_DATA names the data folder)"
        ) from error


def at_hand(folder: str, names: Iterable[str], page: str) -> Path:
    """Return the folder of a data set that has to be fetched by hand.

    Args:
        folder: where its files lie, within the data folder.
        names: of files and folders that must be there.
        page: where to get them.

    Raises:
        DataError: one is absent.
    """
    place = data_folder() / folder
    absent = [name for name in names if not (place / name).exists()]
    if absent:
        raise DataError(
            f"{place}: lacks {', '.join(absent)}; get them from {page} and put them there "
            "(SNNRUN_DATA names the data folder)"
        )
    return place
