"""The verb ``predict``."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import RunFolder, SavedEpoch
from snnrun.cli.console import RUN, command
from snnrun.errors import ConfigError, DataError
from snnrun.runs.naming import run_and_epoch

if TYPE_CHECKING:
    from snnrun.data.given import Given
    from snnrun.evaluation.predictions import Predictions

_SETTING = re.compile(r"[A-Za-z_]\w*(\.[\w+-]+)*=")


def complete_samples(incomplete: str) -> list[str]:
    """Complete files and folders of samples."""
    from glob import escape, glob

    found = sorted(glob(f"{escape(incomplete)}*"))
    return [f"{path}/" if Path(path).is_dir() else path for path in found]


@command(app, RUN)
def predict(
    run_dir: RunFolder,
    samples: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE... [KEY=VALUE]...",
            help="Samples: .npy, .npz, .csv, pictures, recordings of events, folders of these, or "
            "- for stdin. Settings that change nothing that was learned.",
            autocompletion=complete_samples,
        ),
    ],
    epoch: SavedEpoch = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".csv, .json or .npz. [CSV on stdout]"),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Tell score, and spike time, of every class.")
    ] = False,
    invert: Annotated[
        bool, typer.Option("--invert", help="Make what is dark in pictures light.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show predictions only.")] = False,
) -> None:
    """Tell which classes a trained network takes your samples for.

    A file holds a sample or several along the first axis; of a table, a row is a sample. Whole
    numbers are as the files of the data set have them (pixels: 0 to 255), floats are values as the
    network was trained on (pixels: 0 to 1). Pictures of other sizes are brought to that of the
    data. Columns: file, index, class, score, margin to the next best class, and spike time of the
    label neuron (tau_syn). docs/predicting.md tells more.
    """
    from snnrun.evaluation.predictions import format_of

    if out is not None:
        format_of(out)
        if out.is_dir() or not out.parent.is_dir():
            raise DataError(f"{out}: expected a file in a folder that is there")
    names, overrides = _files_and_overrides(samples)
    folder, number = run_and_epoch(run_dir, epoch)
    from snnrun.compat import open_run
    from snnrun.evaluation.looking import looked_at
    from snnrun.evaluation.predicting import check_predicts, predict_given
    from snnrun.predicting import given

    run, number = open_run(folder, number, as_saved=True)
    run = looked_at(run, overrides)
    settings = run.experiment().data
    check_predicts(run.experiment())
    parts = given(names, settings, invert)
    if out is not None:
        _refuse_samples(out, parts)
    found = predict_given(run, number, parts)
    if out is None:
        print(found.csv_text(every), end="")
    else:
        found.write(out, every)
    if not quiet:
        for line in _told(parts, found, out):
            print(line, file=sys.stderr)


def _files_and_overrides(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return names of files, and settings; a file may be called like one.

    Raises:
        ConfigError: there is no file among them.

    Example:
        >>> _files_and_overrides(["x.npy", "train.device=cpu", "-"])
        (['x.npy', '-'], ['train.device=cpu'])
    """
    names, overrides = list[str](), list[str]()
    for word in words:
        setting = _SETTING.match(word) and not os.path.lexists(word)
        (overrides if setting else names).append(word)
    if not names:
        raise ConfigError(f"expected a file, a folder, or - for stdin, beside {overrides[0]!r}")
    return names, overrides


def _refuse_samples(out: Path, parts: "Sequence[Given]") -> None:
    """Refuse to write over what is read.

    Raises:
        DataError: the file holds samples that were given.
    """
    from snnrun.data.given_files import file_of

    there = out.resolve()
    if any(file_of(part.name)[0].resolve() == there for part in parts):
        raise DataError(f"{out}: holds samples that were given; expected another file to write")


def _told(parts: "Sequence[Given]", found: "Predictions", out: Path | None) -> Iterable[str]:
    """Yield what became of the samples, and what the columns are."""
    counts = Counter[str]()
    for part in parts:
        counts[part.told] += len(part)
    yield from (f"{number:,} x {told}" for told, number in counts.items())
    yield f"epoch {found.epoch}; score: {found.score_words}"
    if out is not None:
        yield f"wrote {out}"
