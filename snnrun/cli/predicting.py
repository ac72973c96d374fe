"""The verb ``predict``."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import RunFolder, SavedEpoch
from snnrun.cli.console import RUN, command
from snnrun.errors import DataError
from snnrun.runs.naming import run_and_epoch

if TYPE_CHECKING:
    from snnrun.data.given import Given
    from snnrun.evaluation.predictions import Predictions


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
            metavar="FILE...",
            help="Samples: .npy, .npz, .csv, pictures, folders of these, or - for stdin.",
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
    folder, number = run_and_epoch(run_dir, epoch)
    from snnrun.compat import open_run
    from snnrun.evaluation.predicting import check_predicts, predict_given
    from snnrun.predicting import given

    run, number = open_run(folder, number, as_saved=True)
    settings = run.experiment().data
    check_predicts(run.experiment())
    parts = given(samples, settings, invert)
    found = predict_given(run, number, parts)
    if out is None:
        print(found.csv_text(every), end="")
    else:
        found.write(out, every)
    if not quiet:
        for line in _told(parts, found, out):
            print(line, file=sys.stderr)


def _told(parts: "Sequence[Given]", found: "Predictions", out: Path | None) -> Iterable[str]:
    """Yield what became of the samples, and what the columns are."""
    counts = Counter[str]()
    for part in parts:
        counts[part.told] += len(part)
    yield from (f"{number:,} x {told}" for told, number in counts.items())
    yield f"epoch {found.epoch}; score: {found.score_words}"
    if out is not None:
        yield f"wrote {out}"
