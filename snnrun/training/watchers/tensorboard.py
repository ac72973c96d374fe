"""Scalars for TensorBoard; look at them with ``tensorboard --logdir experiment_results``."""

from tensorboardX import SummaryWriter

from snnrun.runs.folder import Metric
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher


class TensorBoard(Watcher):
    """Writes every logged number as ``<split>/<name>``."""

    name = "TensorBoard log"

    def __init__(self) -> None:
        self.writer: SummaryWriter | None = None

    def started(self, training: Training) -> None:
        """Open a file; what an earlier session logged beyond this point is marked void."""
        folder = str(training.run_dir.path / "tensorboard")
        self.writer = SummaryWriter(folder, purge_step=training.at.epoch + 1, flush_secs=10)

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Write the numbers of the epoch."""
        assert self.writer is not None
        for row in rows:
            self.writer.add_scalar(f"{row['split']}/{row['name']}", row["value"], row["epoch"])

    def stopped(self, training: Training) -> None:
        """Close the file."""
        if self.writer is not None:
            self.writer.close()
