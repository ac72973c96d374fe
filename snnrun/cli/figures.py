"""What ``snnrun eval`` says: of figures that there are, and of each as it is drawn."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from snnrun.cli.describe import columns
from snnrun.evaluation.figures import Telling, chosen
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS

_PAUSE = 10.0  # seconds
_OF_SWEEPS = [
    ["  table", "numbers of a sweep over its settings, as coloured cells"],
    ["  settings", "numbers against each setting"],
]


def list_figures(folders: Sequence[Path], names: Sequence[str]) -> str:
    """Return the figures that fit any of the runs, or those named, and what they show.

    Raises:
        ConfigError: there is no such figure, or it fits none.
    """
    experiments = [experiment_of(folder) for folder in folders]
    found = chosen(experiments, names) if folders else []
    rows = [[f"  {name}", PLOTS[name].summary] for name in found] or _OF_SWEEPS
    return "\n".join(columns(rows))


def experiment_of(folder: Path) -> Experiment:
    """Return the experiment of a run folder, of another program too."""
    from snnrun.compat import open_run

    return open_run(folder, None, as_saved=True)[0].experiment()


@contextmanager
def telling() -> Iterator[Telling]:
    """Print each file as soon as it is there, and what is done until then.

    On a terminal it is shown all the time; elsewhere a line tells it where ten seconds passed in
    silence.
    """
    terminal = sys.stderr.isatty()
    said = time.monotonic()
    with tqdm(bar_format="{desc}", leave=False, disable=not terminal, file=sys.stderr) as line:

        def drawn(path: Path) -> None:
            nonlocal said
            line.clear()
            print(path, flush=True)
            said = time.monotonic()

        def busy(text: str) -> None:
            nonlocal said
            line.set_description_str(text)
            if not terminal and text and time.monotonic() - said > _PAUSE:
                print(text, file=sys.stderr, flush=True)
                said = time.monotonic()

        yield Telling(drawn, busy)
