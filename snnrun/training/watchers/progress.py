"""What a person sees of training: a progress bar, or a line an epoch, and a table at the end."""

import sys
from typing import Literal

from tqdm import tqdm

from snnrun.runs.folder import Metric, RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher

Verbosity = Literal["quiet", "normal", "verbose"]
_BAR = "{desc} |{bar}| {remaining} left, {rate_fmt}{postfix}"  # fits 80 columns


class Progress(Watcher):
    """A bar on a terminal; with ``verbose`` a line an epoch; otherwise nothing."""

    name = "progress bar"

    def __init__(self, verbosity: Verbosity = "normal") -> None:
        self.verbose = verbosity == "verbose"
        self.shown = verbosity == "normal" and sys.stderr.isatty()
        self.bar: tqdm | None = None  # type: ignore[type-arg]

    def started(self, training: Training) -> None:
        """Open the bar where the run stands."""
        if self.shown:
            at, batches = training.at, training.batches
            self.bar = tqdm(
                total=training.settings.epochs * batches,
                initial=at.epoch * batches + at.batch,
                unit=" batch",
                unit_scale=True,
                dynamic_ncols=True,
                bar_format=_BAR,
            )
            self._describe(training)

    def batch_done(self, training: Training) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update()

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Show the numbers of the epoch."""
        numbers = {(row["split"], row["name"]): row["value"] for row in rows}
        loss, train = numbers["train", "loss"], numbers["train", "accuracy"]
        validation = numbers["validation", "accuracy"]
        if self.bar is not None:
            self._describe(training)
            text = f"loss {loss:.3g}, train {train:.1%}, val {validation:.1%}"
            self.bar.set_postfix_str(text, refresh=False)
        elif self.verbose:
            text = f"loss {loss:.4g}, train {train:.2%}, validation {validation:.2%}"
            print(f"epoch {training.at.epoch}/{training.settings.epochs}: {text}", file=sys.stderr)

    def stopped(self, training: Training) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.close()

    def _describe(self, training: Training) -> None:
        assert self.bar is not None
        epoch = min(training.at.epoch + 1, training.settings.epochs)
        self.bar.set_description_str(f"epoch {epoch}/{training.settings.epochs}", refresh=False)


def summary(run: RunDir) -> str:
    """Return the table that stands at the end of a run, and what to type next."""
    status, rows = run.status(), run.metrics()
    last, best = status["epoch"], int(status["best"]["epoch"])
    lines = [f"{'':28}{'loss':>10}{'accuracy':>11}"]
    for title, split, epoch in _table(last, best):
        found = {r["name"]: r["value"] for r in rows if (r["split"], r["epoch"]) == (split, epoch)}
        if found:
            lines.append(f"{title:28}{found['loss']:10.4f}{found['accuracy']:11.2%}")
    epochs = "1 epoch" if last == 1 else f"{last} epochs"
    lines += [
        "",
        f"{epochs} in {_duration(status['seconds'])}. Everything is in {run.path}",
        f"  snnrun eval {run.path}        draws the figures",
        f"  snnrun inference {run.path}   runs the trained network",
        f"  snnrun continue {run.path} --epochs {last + max(1, last // 3)}   trains on",
    ]
    return "\n".join(lines)


def _table(last: int, best: int) -> list[tuple[str, str, int]]:
    rows = [(split, split, last) for split in ("train", "validation", "test")]
    if best != last:
        rows += [(f"{s}, best epoch {best}", s, best) for s in ("validation", "test")]
    return rows


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
