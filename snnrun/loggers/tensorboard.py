"""Files for TensorBoard; look at them with ``tensorboard --logdir experiment_results``."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from snnrun.loggers.logger import Ending, Histogram, Logger, RunInfo
from snnrun.loggers.settings import TensorBoardSettings


class TensorBoard(Logger):
    """Writes into the folder ``tensorboard`` of the run."""

    settings: TensorBoardSettings
    writer: SummaryWriter
    run: RunInfo
    epoch = 0

    def begin(self, run: RunInfo, epoch: int) -> None:
        """Open a file; TensorBoard takes what earlier ones hold beyond the epoch for void."""
        self.run, self.epoch = run, epoch
        folder = str(run.folder / "tensorboard")
        self.writer = SummaryWriter(folder, purge_step=epoch + 1, flush_secs=10)

    def go_back(self, epoch: int) -> None:
        """Open another file."""
        self.writer.close()
        self.begin(self.run, epoch)

    def numbers(self, epoch: int, values: Mapping[str, float]) -> None:
        """Write scalars."""
        self.epoch = max(self.epoch, epoch)
        for name, value in values.items():
            self.writer.add_scalar(name, value, epoch)

    def histogram(self, epoch: int, name: str, histogram: Histogram) -> None:
        """Write a histogram; TensorBoard reads the upper edges."""
        counts, edges = histogram.counts, histogram.edges
        self.writer.add_histogram_raw(
            name, edges[0], edges[-1], sum(counts), histogram.total, histogram.squares,
            list(edges[1:]), list(counts), epoch,
        )  # fmt: skip

    def figure(self, epoch: int, name: str, path: Path) -> None:
        """Write a picture."""
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self.writer.add_image(name, pixels, epoch, dataformats="HWC")

    def end(self, ending: Ending) -> None:
        """Write the settings beside the results, if that is asked for, and close the file."""
        if self.settings.hparams and ending.results:
            for name, value in ending.results.items():
                self.writer.add_scalar(name, value, self.epoch)
            for summary in hparams(self.run.settings, ending.results):
                self.writer.file_writer.add_summary(summary)
        self.writer.close()
