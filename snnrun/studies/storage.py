"""Where the workers of a sweep agree on who does what: a study of Optuna.

A journal in the folder of the sweep by default: a file to which all workers append. Its lock is one
of the system, which ends with the process that holds it, and a line that was cut off by the end of
such a process is cut away before the next is written. Else a database: sqlite in that folder, or
one that is named by its URL and may be used by machines that share no folder.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from snnrun.core.disk import fcntl
from snnrun.core.registry import first_line, near
from snnrun.errors import ConfigError, DataError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import optuna
    from optuna.storages import BaseStorage, JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

JOURNAL, SQLITE = "study.journal", "study.db"
#: The name of the one study in the folder of a sweep.
_OWN = "sweep"
_PACKAGES = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary"}  # module -> package
_DATABASES = ("postgresql", "mysql", "mariadb", "sqlite")
_PATIENCE = 60  # seconds that a database may be locked by others
_FAILURES = (SQLAlchemyError, OSError, ValueError, KeyError, optuna.exceptions.OptunaError)

optuna.logging.set_verbosity(optuna.logging.ERROR)


class WholeLines:
    """Holds a journal, as Optuna asks for it; whoever takes it finds whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Wait for the journal, and cut away a line that is not whole."""
        handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        assert fcntl is not None
        fcntl.flock(handle, fcntl.LOCK_EX)
        _cut(handle)
        self._handle = handle
        return True

    def release(self) -> None:
        """Let others have it."""
        assert self._handle is not None
        os.close(self._handle)
        self._handle = None


def _cut(handle: int, block: int = 1 << 16) -> None:
    """Cut a file after its last line break."""
    end = os.fstat(handle).st_size
    while end:
        start = max(0, end - block)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end != os.fstat(handle).st_size:
        os.ftruncate(handle, end)


def where(folder: Path, storage: str) -> str:
    """Return how the storage of a sweep is called in messages; no password is told."""
    if storage == "journal":
        return str(folder / JOURNAL)
    if storage == "sqlite":
        return str(folder / SQLITE)
    scheme, _, rest = storage.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def is_shared(storage: str) -> bool:
    """Tell whether a storage may be used by machines that do not see the folder."""
    return storage not in ("journal", "sqlite")


@contextmanager
def storage_errors(place: str) -> Iterator[None]:
    """Turn what goes wrong with a storage into one line.

    Raises:
        DataError: it is gone, locked, full or damaged.
    """
    try:
        yield
    except _FAILURES as error:
        cause = error.__cause__ or error
        raise DataError(
            f"the storage of the sweep, {place}, cannot be used: {type(cause).__name__}: "
            f"{first_line(cause)}; what was trained is kept"
        ) from error


def open_study(
    folder: Path, storage: str, name: str, direction: Literal["maximize", "minimize"]
) -> "optuna.Study":
    """Return the study of a sweep; a new one where there is none.

    Args:
        folder: of the sweep.
        storage: journal, sqlite or a URL.
        name: of the study in a database that is named by its URL.
        direction: of what is reported.

    Raises:
        ConfigError: there is no such kind of storage, or the package for it is absent.
        DataError: it cannot be used.
    """
    with storage_errors(where(folder, storage)):
        return optuna.create_study(
            storage=_opened(folder, storage),
            study_name=name if is_shared(storage) else _OWN,
            direction=direction,
            sampler=optuna.samplers.RandomSampler(),
            pruner=optuna.pruners.NopPruner(),
            load_if_exists=True,
        )


def _opened(folder: Path, storage: str) -> BaseStorage:
    if storage == "journal":
        path = folder / JOURNAL
        path.touch()
        lock = JournalFileOpenLock(str(path)) if fcntl is None else WholeLines(path)
        return JournalStorage(
            JournalFileBackend(str(path), lock_obj=lock)  # type: ignore[arg-type]
        )
    if storage == "sqlite":
        url = f"sqlite:///{(folder / SQLITE).absolute()}"
        return _database(url, connect_args={"timeout": _PATIENCE})
    if "://" not in storage:
        raise ConfigError(
            f"storage: expected journal, sqlite, or a URL such as postgresql://host/name, "
            f"got {storage!r}"
        )
    return _database(storage)


def _database(url: str, **options: object) -> BaseStorage:
    try:
        # A connection for each look: none is open through the hours of a run.
        return RDBStorage(url, engine_kwargs={**options, "poolclass": NullPool})
    except ImportError as error:
        package = error.name or getattr(error.__context__, "name", None) or "its driver"
        package = _PACKAGES.get(package, package)
        raise ConfigError(
            f"storage: {url.partition(':')[0]} needs a package that is not installed: "
            f"pip install {package}"
        ) from error
    except optuna.exceptions.StorageInternalError:
        raise
    except SQLAlchemyError as error:
        if "Could not parse" in str(error) or "load plugin" in str(error):
            guess = near(url.partition(":")[0], _DATABASES)
            hint = f"; did you mean {guess}://?" if guess else ""
            raise ConfigError(f"storage: {first_line(error)}{hint}") from error
        raise
