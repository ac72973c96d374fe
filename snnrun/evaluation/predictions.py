"""What a trained network takes samples for, and how that is written: as CSV, JSON or numpy arrays.

A row of a table holds

    file, index    where the sample came from, and its number there, from 0 on
    class          name of the class; empty where the network gives no answer
    score          of that class; what scores are depends on how the network was trained
    margin         how far that is above the next best
    time           first spike of the label neuron of that class, tau_syn; of first-spike networks

and, where every class is wanted, ``score_<class>`` and ``time_<class>`` of each.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import ConfigError
from snnrun.runs.files import write_atomic, write_text

Floats = NDArray[Any]  # float32 or float64
FORMATS = (".csv", ".json", ".npz")


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """What a network takes samples for.

    labels: int64 ``[samples]``, numbers of classes; -1: no answer.
    scores: ``[samples, classes]``; the largest wins.
    times: first spikes of the label neurons, ``[samples, classes]``, tau_syn, inf = no spike; None
        of networks without such times.
    classes: their names.
    files: where each sample came from.
    index: int64 ``[samples]``, the number of each sample there.
    score_words: what scores are.
    epoch: of the network.
    """

    labels: NDArray[np.int64]
    scores: Floats
    times: Floats | None
    classes: tuple[str, ...]
    files: tuple[str, ...]
    index: NDArray[np.int64]
    score_words: str
    epoch: int

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        most = sorted(zip(counts.tolist(), self.classes, strict=True), key=lambda pair: -pair[0])
        shown = [f"{number} {name}" for number, name in most[:10] if number]
        none = int((self.labels < 0).sum())
        shown += [f"{none} without an answer"] if none else []
        return f"<{len(self)} predictions of epoch {self.epoch}: {', '.join(shown)}>"

    @cached_property
    def names(self) -> list[str]:
        """Name of the class of each sample; empty: no answer."""
        return [self.classes[label] if label >= 0 else "" for label in self.labels]

    @property
    def score(self) -> Floats:
        """Score of the class of each sample, ``[samples]``."""
        best: Floats = self.scores.max(axis=1)
        return best

    @property
    def margin(self) -> Floats:
        """How far that is above the next best, ``[samples]``; nan where there is no answer."""
        best = np.sort(self.scores, axis=1)[:, -2:]
        with np.errstate(invalid="ignore"):
            lead = best[:, -1] - best[:, 0]
        return np.where(self.labels >= 0, lead, np.nan).astype(self.scores.dtype)

    @property
    def time(self) -> Floats | None:
        """First spike of the label neuron of that class, ``[samples]``, tau_syn; inf: none."""
        if self.times is None:
            return None
        own = np.take_along_axis(self.times, self.labels.clip(0)[:, None], axis=1)[:, 0]
        return np.where(self.labels >= 0, own, np.inf).astype(self.times.dtype)

    def columns(self, every: bool = False) -> dict[str, Any]:
        """Return the columns of the table, by name; with those of every class, if that is wanted.

        ``pandas.DataFrame(predictions.columns())`` makes a table of them.
        """
        found: dict[str, Any] = {
            "file": list(self.files), "index": self.index, "class": self.names,
            "score": self.score, "margin": self.margin,
        }  # fmt: skip
        if self.time is not None:
            found["time"] = self.time
        if every:
            found |= self._of_each("score", self.scores)
            found |= {} if self.times is None else self._of_each("time", self.times)
        return found

    def _of_each(self, what: str, values: Floats) -> Mapping[str, Floats]:
        return {f"{what}_{name}": values[:, place] for place, name in enumerate(self.classes)}

    def csv_text(self, every: bool = False) -> str:
        """Return the table as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = self.columns(every)
        writer.writerow(columns)
        writer.writerows(zip(*map(_texts, columns.values()), strict=True))
        return text.getvalue()

    def json_text(self, every: bool = False) -> str:
        """Return the table as JSON, a row a sample; numbers that are not finite are null."""
        columns = self.columns(every)
        rows = [
            {name: _plain(value) for name, value in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ]
        facts = {"epoch": self.epoch, "classes": self.classes, "score": self.score_words}
        return json.dumps({**facts, "predictions": rows}, indent=1, allow_nan=False) + "\n"

    def write(self, path: Path, every: bool = False) -> None:
        """Write a file whole or not at all; its name says in which format.

        An archive ``.npz`` holds labels, scores, times, classes, files and index, whole.

        Raises:
            ConfigError: no such format.
            DataError: it cannot be written.
        """
        kind = format_of(path)
        if kind != ".npz":
            text = self.csv_text(every) if kind == ".csv" else self.json_text(every)
            # Names of files need not be UTF-8.
            write_text(path, text.encode(errors="backslashreplace").decode())
            return
        arrays: dict[str, Any] = {"labels": self.labels, "scores": self.scores, "index": self.index}
        arrays |= {"classes": np.array(self.classes), "files": np.array(self.files)}
        arrays |= {} if self.times is None else {"times": self.times}
        content = io.BytesIO()
        np.savez(content, **arrays)
        write_atomic(path, lambda made: made.write_bytes(content.getvalue()))


def format_of(path: Path) -> str:
    """Return the ending of a file that predictions can be written to.

    Raises:
        ConfigError: they cannot.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ConfigError(f"{path}: predictions are written as {', '.join(FORMATS)}")
    return kind


def _texts(column: Any) -> Iterator[str]:
    """Yield the cells of a column: of numbers as few digits as tell them from others."""
    for value in column:
        yield "" if isinstance(value, np.floating) and np.isnan(value) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.floating):
        return float(str(value)) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
