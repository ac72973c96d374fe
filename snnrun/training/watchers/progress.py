"""What a person sees of training: a progress bar, or a line an epoch, and a table at the end."""

import sys
import time
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from typing import Literal

from tqdm import tqdm

from snnrun.core.aligning import aligned
from snnrun.core.durations import duration_words
from snnrun.core.shell import typed
from snnrun.runs.folder import Metric, RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher

Verbosity = Literal["quiet", "normal", "verbose"]
PAUSE, MINUTE = 10.0, 60.0  #: seconds between two lines, of epochs and within one
_BAR = "{desc} |{bar}| {remaining} left, {rate_fmt}{postfix}"
_SHORT = "{desc} |{bar}| {remaining} left{postfix}"
_WIDE = 100  #: columns of a terminal that has room for the rate, and for accuracy of training


class Progress(Watcher):
    """A bar on a terminal; elsewhere a line an epoch, or a minute; with ``verbose`` one each epoch.

    Quiet, it shows nothing.
    """

    name = "progress bar"

    def __init__(self, verbosity: Verbosity = "normal") -> None:
        terminal = sys.stderr.isatty()
        self.shown = verbosity == "normal" and terminal
        self.lines = verbosity == "verbose" or (verbosity == "normal" and not terminal)
        self.pause = 0.0 if verbosity == "verbose" else PAUSE
        self.wide = get_terminal_size().columns >= _WIDE
        self.bar: tqdm | None = None  # type: ignore[type-arg]
        self._last = time.monotonic()

    def started(self, training: Training) -> None:
        """Open the bar where the run stands."""
        if self.shown:
            at, batches = training.at, training.batches
            if self.bar is None:
                self._tell_place(training)
            self.bar = tqdm(
                total=training.settings.epochs * batches,
                initial=at.epoch * batches + at.batch,
                unit=" batch",
                unit_scale=True,
                dynamic_ncols=True,
                bar_format=_BAR if self.wide else _SHORT,
            )
            self._describe(training)

    def batch_done(self, training: Training) -> None:
        """Move the bar; of a long epoch, tell once a minute how far it is."""
        if self.bar is not None:
            self.bar.update()
        elif self.lines and time.monotonic() - self._last > MINUTE:
            text = f"batch {training.at.batch}/{training.batches}"
            self._tell(training, training.at.epoch + 1, text)

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Show the numbers of the epoch."""
        splits = ("train", "validation") if self.wide or not self.shown else ("validation",)
        text = ", ".join(_numbers(training, rows, splits))
        if self.bar is not None:
            self._describe(training)
            self.bar.set_postfix_str(text.replace("validation", "val"), refresh=False)
        elif self.lines and time.monotonic() - self._last >= self.pause:
            self._tell(training, training.at.epoch, text)

    def stopped(self, training: Training) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.close()

    def _tell(self, training: Training, epoch: int, text: str) -> None:
        self._last = time.monotonic()
        print(f"epoch {epoch}/{training.settings.epochs}: {text}", file=sys.stderr)

    def _tell_place(self, training: Training) -> None:
        """Say where the run lies, and which picture there shows how it goes."""
        live = "; live_accuracy.png shows how it goes" if training.settings.live_plot else ""
        print(f"training in {training.run_dir.path}{live}", file=sys.stderr)

    def _describe(self, training: Training) -> None:
        assert self.bar is not None
        epoch = min(training.at.epoch + 1, training.settings.epochs)
        self.bar.set_description_str(f"epoch {epoch}/{training.settings.epochs}", refresh=False)


def _numbers(training: Training, rows: list[Metric], splits: Sequence[str]) -> Iterator[str]:
    """Yield loss and accuracy of an epoch, and what the run is judged by, as far as there are."""
    found = {(row["split"], row["name"]): row["value"] for row in rows}
    if ("train", "loss") in found:
        yield f"loss {found['train', 'loss']:.3g}"
    judged = training.experiment.learning.judged_by.by.name
    for split in splits:
        if (split, judged) in found:
            value = found[split, judged]
            text = f"{value:.1%}" if judged == "accuracy" else f"{judged} {value:.4g}"
            yield f"{split} {text}"


def summary(run: RunDir) -> str:
    """Return the table that stands at the end of a run, and what to type next."""
    status, rows = run.status(), run.logged()
    last, best = status["epoch"], int(status["best"]["epoch"])
    logged = {row["name"] for row in rows}
    judged = run.experiment().learning.judged_by.by.name
    columns = [name for name in dict.fromkeys(("loss", judged)) if name in logged]
    table = [["", *columns]]
    for title, split, epoch in _table(last, best):
        found = {r["name"]: r["value"] for r in rows if (r["split"], r["epoch"]) == (split, epoch)}
        if found:
            table.append([title, *(_cell(found, name) for name in columns)])
    epochs = "1 epoch" if last == 1 else f"{last} epochs"
    folder = typed(run.path)
    lines = [
        *aligned(table, right=range(1, len(table[0]))),
        "",
        f"{epochs} in {duration_words(status['seconds'])}. Everything is in {run.path}",
        f"  snnrun eval {folder}        draws the figures",
        f"  snnrun inference {folder}   runs the trained network",
        f"  snnrun continue {folder} --epochs {last + max(1, last // 3)}   trains on",
    ]
    return "\n".join(lines)


def _cell(found: dict[str, float], name: str) -> str:
    if name not in found:
        return ""
    return f"{found[name]:.2%}" if name == "accuracy" else f"{found[name]:.4f}"


def _table(last: int, best: int) -> list[tuple[str, str, int]]:
    rows = [(split, split, last) for split in ("train", "validation", "test")]
    if best != last:
        rows += [(f"{s}, best epoch {best}", s, best) for s in ("validation", "test")]
    return rows
