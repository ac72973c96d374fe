"""Published data sets: where their files lie, fetched by torchvision if that is asked for."""

from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from snnrun.data.files import data_folder, packed
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import DataError

_DATA_FOLDER = "(SNNRUN_DATA names the data folder)"


def _is_file(path: Path) -> bool:
    """Tell whether a file is there, or the one that is downloaded, which is compressed."""
    return path.is_file() or packed(path).is_file()


@dataclass(frozen=True)
class Files:
    """The files of a data set.

    folder: where they lie, within the data folder.
    names: of files and folders that must be there.
    collection: what torchvision calls the data set; empty: it is fetched by hand.
    page: where to get them by hand.
    """

    folder: str
    names: tuple[str, ...]
    collection: str = ""
    page: str = ""

    @property
    def place(self) -> Path:
        """Where they lie."""
        return data_folder() / self.folder

    def absent(self) -> list[str]:
        """Return the names of those that are not there."""
        there = _is_file if self.collection else Path.exists
        return [name for name in self.names if not there(self.place / name)]

    def ready(self, download: bool = False) -> Path:
        """Return their folder, once they are there.

        Args:
            download: whether to fetch them if one is absent.

        Raises:
            DataError: a file is absent, or cannot be fetched.
        """
        absent = self.absent()
        if not absent:
            return self.place
        lacks = f"{self.place}: lacks {', '.join(absent)}"
        if not self.collection:
            raise DataError(f"{lacks}; get them from {self.page} and put them there {_DATA_FOLDER}")
        if not download:
            raise DataError(
                f"{lacks}; set data.download=true to fetch them, or put them there {_DATA_FOLDER}"
            )
        _fetch(self)
        return self.place


def _fetch(files: Files) -> None:
    """Have torchvision download files; it checks what it gets."""
    collection: Any = getattr(torchvision().datasets, files.collection)
    try:
        with redirect_stdout(StringIO()):  # its bar stays; what it tries one after the other goes
            collection(data_folder(), download=True)
    except (OSError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise DataError(
            f"{files.place}: cannot download {', '.join(files.names)}: {reason}; "
            f"put them there by hand, unpacked{_from(collection)} {_DATA_FOLDER}"
        ) from error


def _from(collection: Any) -> str:
    """Say where torchvision would have got the files of a data set."""
    mirrors, archive = getattr(collection, "mirrors", ()), getattr(collection, "url", "")
    parts = [f"{mirrors[0]}{name}" for name, _ in collection.resources] if mirrors else []
    urls = [*parts, *([archive] if archive else [])]
    return f", from {', '.join(urls)}" if urls else ""
