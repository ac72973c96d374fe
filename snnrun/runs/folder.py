"""A run folder: everything that a run leaves behind, and all that plots and reports read.

::

    config.yaml         the experiment with every default; loads again as it is
    environment.json    versions, commit, machine, threads, command line
    metrics.jsonl       one line a number: step, epoch, split, name, value, time
    history.jsonl       one line an array: epoch, name, shape, values
    status.json         running, finished, interrupted or failed, and why
    checkpoints/        epoch_0100/ ...; `last` and `best` name one of them
    tensorboard/        scalars, and what else that logger is to write
    loggers.json        by which other loggers know the run again
    plots/              figures
    live_accuracy.png   accuracy so far
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from snnrun.config.given import Overrides
from snnrun.core.disk import sync
from snnrun.core.registry import near
from snnrun.errors import ConfigError, DataError, PluginError
from snnrun.plugins import advice, load_of_run
from snnrun.runs import json_files
from snnrun.runs.files import disk_errors, write_atomic, write_text
from snnrun.runs.lines import append_lines, checked_line, parse_line, whole_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnrun.experiment import Experiment
    from snnrun.runs.history import Series


#: Where run folders are made unless another place is named.
RESULTS = Path("experiment_results")
METRICS, HISTORY = "metrics.jsonl", "history.jsonl"
_EPOCH = re.compile(r'"epoch": (\d+)')


class Metric(TypedDict):
    """One line of ``metrics.jsonl``; ``time`` is seconds of training so far."""

    step: int
    epoch: int
    split: str
    name: str
    value: float
    time: float


class RunDir:
    """One run folder.

    Args:
        path: of the folder.
        overrides: settings that go before those of its config, wherever this object is used; see
            :func:`snnrun.runs.edits.overridden`.
    """

    def __init__(self, path: Path | str, overrides: Overrides = ()) -> None:
        self.path = Path(path)
        self.overrides = overrides

    def __repr__(self) -> str:
        return f"RunDir({str(self.path)!r})"

    @classmethod
    def create(cls, results: Path, name: str) -> "RunDir":
        """Make a new folder ``<name>_<date>_<time>[_n]``; two runs never share one."""
        stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        with disk_errors(str(results)):
            results.mkdir(parents=True, exist_ok=True)
            for path in _numbered(results / f"{name}_{stamp}"):
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                run = cls(path)
                run.plots.mkdir()
                run.checkpoints.mkdir()
                return run
        raise AssertionError("unreachable: names never run out")

    @classmethod
    def make(cls, path: Path) -> "RunDir":
        """Make this very folder, or take one that is there; :meth:`begin` comes once it is owned.

        Raises:
            DataError: it cannot be written.
        """
        run = cls(path)
        with disk_errors(str(path)):
            path.mkdir(parents=True, exist_ok=True)
            run.plots.mkdir(exist_ok=True)
            run.checkpoints.mkdir(exist_ok=True)
        return run

    def begin(self) -> None:
        """Drop what was logged before the first checkpoint: it comes again as it was.

        Only for the owner of the folder; the log of another one, who has just begun, must stay.

        Raises:
            DataError: it holds a checkpoint, or cannot be written.
        """
        from snnrun.runs.checkpoint import saved

        if saved(self.checkpoints):
            raise DataError(f"{self.path} holds a run; it is continued, not begun")
        with disk_errors(str(self.path)):
            for name in (METRICS, HISTORY):
                (self.path / name).unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path | str) -> "RunDir":
        """Return the run folder at ``path``.

        Raises:
            DataError: there is no such folder, or it is no run.
        """
        path = Path(path)
        if not path.is_dir():
            raise DataError(f"no such run folder: {path}{_similar(path)}")
        run = cls(path)
        if not run.config.is_file():
            inside = sorted(str(found.parent) for found in path.glob("*/config.yaml"))
            hint = f"; runs in it: {', '.join(inside[-5:])}" if inside else ""
            raise DataError(f"{path} is no run folder: it holds no config.yaml{hint}")
        return run

    @property
    def config(self) -> Path:
        """The experiment, resolved."""
        return self.path / "config.yaml"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def plots(self) -> Path:
        """The folder of figures."""
        return self.path / "plots"

    def experiment(self) -> "Experiment":
        """Return the experiment of this run.

        Raises:
            ConfigError: the config is damaged, or needs a plug-in that is absent or not trusted.
        """
        from snnrun.experiment import load_config

        record = self.read_json("environment.json").get("plugins", {})
        try:
            return load_config(
                self.config,
                self.overrides,
                load=lambda names, _: load_of_run(names, record),
                of_run=True,
            )
        except PluginError:
            raise
        except ConfigError as error:
            raise ConfigError([*error.problems, *advice(record)]) from error

    def write_experiment(self, experiment: "Experiment") -> None:
        """Write the experiment as ``config.yaml``."""
        write_text(self.config, experiment.dump_yaml())

    def write_json(self, name: str, content: dict[str, Any], durable: bool = True) -> None:
        """Write ``name`` whole; ``durable`` as in :func:`snnrun.runs.files.write_atomic`."""
        write_text(self.path / name, json_files.to_text(content), durable)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return the content of ``name``, or nothing where it is absent.

        Raises:
            DataError: it cannot be read, is damaged, or holds what it should not.
        """
        return json_files.read(self.path / name) or {}

    def status(self) -> dict[str, Any]:
        """Return how the run stands: ``state``, ``reason``, ``epoch``, ..."""
        return self.read_json("status.json")

    def best(self) -> int | None:
        """Return the best epoch, as the last checkpoint or the status tells; None if none does."""
        from snnrun.runs import checkpoint

        progress = checkpoint.open_epoch(self.checkpoints).progress
        if progress:
            return progress.best.epoch
        best = self.status().get("best")
        return best.get("epoch") if isinstance(best, dict) else None

    def metrics(self) -> "dict[str, NDArray[Any]]":
        """Return every logged number as columns, with a row for each epoch.

        ``pandas.DataFrame(run.metrics())`` is a table, and so is what other libraries make of it.

        Returns:
            ``epoch`` and ``step`` (updates of the weights so far), whole numbers; ``time`` (seconds
            of training so far); and the numbers as ``train/loss``, ``validation/accuracy``,
            ``test/accuracy``, ..., nan in epochs that did not log them. All are ``[epochs]``.

        Raises:
            DataError: the file cannot be read, or a line of it is damaged.
        """
        from snnrun.runs.columns import columns

        return columns(self.logged())

    def logged(self) -> list[Metric]:
        """Return every logged number, a line each; a last one cut off by a crash is left out.

        Raises:
            DataError: the file cannot be read, or a line of it is damaged.
        """
        lines = enumerate(self.metric_lines(), start=1)
        return [metric_of(line, f"{self.path / METRICS}:{number}") for number, line in lines]

    def metric_lines(self) -> list[str]:
        """Return the whole lines of ``metrics.jsonl``.

        Raises:
            DataError: the file cannot be read.
        """
        return whole_lines(self.path / METRICS)

    def append_metrics(self, rows: Sequence[Metric]) -> None:
        """Add rows to ``metrics.jsonl``."""
        append_lines(self.path / METRICS, map(checked_line, rows))

    def sync_lines(self) -> None:
        """Flush what was logged and recorded to the disk: a checkpoint counts on those lines."""
        for path in (self.path / METRICS, self.path / HISTORY):
            if path.exists():
                with disk_errors(str(path)):
                    sync(path)

    def curve(self, split: str, name: str) -> tuple[list[int], list[float]]:
        """Return epochs and values of one metric, e.g. ``curve("validation", "accuracy")``."""
        rows = [row for row in self.logged() if row["split"] == split and row["name"] == name]
        return [row["epoch"] for row in rows], [row["value"] for row in rows]

    def history(self) -> dict[str, "Series"]:
        """Return the arrays that were recorded of every epoch, by name.

        Raises:
            DataError: the file is damaged.
        """
        from snnrun.runs.history import gather

        return gather(self.history_lines())

    def history_lines(self) -> list[str]:
        """Return the whole lines of ``history.jsonl``."""
        return whole_lines(self.path / HISTORY)

    def append_history(self, epoch: int, arrays: Mapping[str, "NDArray[np.floating]"]) -> None:
        """Add the arrays of an epoch to ``history.jsonl``; without any there is no such file."""
        from snnrun.runs.history import to_line

        if arrays:
            lines = (to_line(epoch, name, values) for name, values in arrays.items())
            append_lines(self.path / HISTORY, lines)

    def cut_lines(self, metrics: int, history: int, epoch: float = math.inf) -> None:
        """Drop what was logged and recorded after so many lines, and what is of a later epoch."""
        for name, number in ((METRICS, metrics), (HISTORY, history)):
            path = self.path / name
            if path.exists():
                kept = _until(whole_lines(path)[:number], epoch)
                write_atomic(path, partial(append_lines, lines=kept))


def _until(lines: list[str], epoch: float) -> list[str]:
    """Return the lines without those of a later epoch: a file that lost lines counts others.

    Example:
        >>> _until(['{"epoch": 2}', '{"epoch": 3}', '{"ep'], 2)
        ['{"epoch": 2}', '{"ep']
    """
    epochs = map(_EPOCH.search, lines)
    return [line for line, at in zip(lines, epochs, strict=True) if not at or int(at[1]) <= epoch]


def metric_of(line: str, where: str) -> Metric:
    """Return the number that a line of ``metrics.jsonl`` tells.

    Raises:
        DataError: the line is damaged.
    """
    row = parse_line(line, where)
    kinds = {"step": int, "epoch": int, "split": str, "name": str, "value": int | float}
    known = row.keys() <= Metric.__annotations__.keys()
    if not known or not all(isinstance(row.get(key), kind) for key, kind in kinds.items()):
        raise DataError(f"{where} is damaged: it holds no number that was logged")
    return cast(Metric, row)


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}_{number}")
        number += 1


def _similar(path: Path) -> str:
    """Suggest a run that was most likely meant."""
    parent = path.parent if path.parent.is_dir() else RESULTS
    if not parent.is_dir():
        return ""
    runs = sorted(entry.parent.name for entry in parent.glob("*/checkpoints"))
    guess = near(path.name, runs)
    if guess:
        return f"; did you mean {parent / guess}?"
    return f". Runs in {parent}: {', '.join(runs[-5:])}" if runs else ""
