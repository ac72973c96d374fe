"""A run in Weights & Biases, which goes on when the run does.

What it cannot send, or is not to, lies in the folder ``wandb`` of the run; ``wandb sync`` sends it.
Points that were logged cannot be taken back: an epoch that is logged again stands there twice.
"""

import os
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from snnrun.core.registry import first_line
from snnrun.errors import WatcherWarning
from snnrun.loggers.logger import Ending, Histogram, Logger, RunInfo
from snnrun.loggers.settings import WandbSettings

#: Nothing of the machine, the code or the screen is sent along.
_PRIVATE: dict[str, Any] = {
    "console": "off", "silent": True, "disable_git": True, "disable_code": True,
    "x_disable_meta": True, "x_disable_stats": True, "x_disable_machine_info": True,
    "x_save_requirements": False, "host": "",
}  # fmt: skip

_PATIENCE = 30.0  #: seconds until nobody has answered


class Wandb(Logger):
    """Sends numbers over the epoch, histograms and figures."""

    settings: WandbSettings
    run: Any

    def __init__(self, settings: WandbSettings) -> None:
        super().__init__(settings)
        self.wandb: Any = import_module("wandb")

    def begin(self, run: RunInfo, epoch: int) -> None:
        """Begin the run, or go on with the one of this id; where nobody answers, offline."""
        try:
            self.run = self._begun(run, self.settings.mode)
        except self.wandb.errors.Error as error:
            if self.settings.mode == "offline":
                raise
            self.wandb.teardown()  # the id is in use otherwise
            self.run = self._begun(run, "offline")
            text = f"all is kept in {run.folder / 'wandb'}, for `wandb sync`: {first_line(error)}"
            warnings.warn(WatcherWarning(text), stacklevel=1)
        self.run.define_metric("epoch", hidden=True)
        self.run.define_metric("*", step_metric="epoch")

    def _begun(self, run: RunInfo, mode: str | None) -> Any:
        said = self.settings
        seconds = float(os.environ.get("WANDB_INIT_TIMEOUT", _PATIENCE))
        return self.wandb.init(
            project=said.project,
            entity=said.entity,
            group=said.group,
            tags=said.tags or None,
            mode=mode,
            id=run.id,
            name=run.name,
            resume="allow",
            dir=str(run.folder),
            config=dict(run.config),
            allow_val_change=True,
            settings=self.wandb.Settings(**_PRIVATE, init_timeout=seconds),
        )

    def numbers(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log numbers over the epoch."""
        self.run.log({"epoch": epoch, **values})

    def histogram(self, epoch: int, name: str, histogram: Histogram) -> None:
        """Log a histogram over the epoch."""
        both = np.array(histogram.counts), np.array(histogram.edges)
        self.run.log({"epoch": epoch, name: self.wandb.Histogram(np_histogram=both)})

    def figure(self, epoch: int, name: str, path: Path) -> None:
        """Log a picture over the epoch."""
        self.run.log({"epoch": epoch, name: self.wandb.Image(str(path))})

    def end(self, ending: Ending) -> None:
        """Put the results into the summary, and say how it ended; what was stopped may go on."""
        self.run.summary.update(dict(ending.results))
        if ending.state == "interrupted":
            self.run.mark_preempting()
        self.run.finish(exit_code=0 if ending.state == "finished" else 1)
