"""How gradients become steps: optimiser, schedules and clipping, and what they are told."""

from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import Optimizer

from snnrun.core.position import Horizon
from snnrun.experiment import Experiment
from snnrun.learning.optimizers import build_optimizer
from snnrun.learning.outcome import Totals
from snnrun.learning.schedules import ScheduleSettings
from snnrun.training.learner import Learner
from snnrun.training.scheduling import Schedules


class Stepping:
    """Optimiser and schedules of one training.

    Args:
        experiment: what is trained.
        learner: what is trained.
        horizon: how far; None: as far as the experiment says, an update an epoch.

    optimizer: None where the rule changes weights itself.
    trained: the parameters that it moves.
    """

    def __init__(
        self, experiment: Experiment, learner: Learner, horizon: Horizon | None = None
    ) -> None:
        settings = experiment.train
        horizon = horizon or Horizon(settings.epochs, 1, 1)
        self.clip = settings.clip
        self.optimizer: Optimizer | None = None
        if settings.optimizer is not None:
            self.optimizer = build_optimizer(settings.optimizer, learner.parameter_groups())
        groups = self.optimizer.param_groups if self.optimizer else []
        self.trained: list[Tensor] = [each for group in groups for each in group["params"]]
        self.schedules = Schedules(chosen(experiment), self.optimizer, learner.targets(), horizon)

    @property
    def rate(self) -> float | None:
        """The learning rate of the first group of parameters."""
        return float(self.optimizer.param_groups[0]["lr"]) if self.optimizer else None

    def apply(self, epoch: int, update: int = 0) -> None:
        """Set everything that is a function of the moment."""
        self.schedules.apply(epoch, update)

    def step(self, dropped: bool) -> None:
        """Follow the gradients in the parameters, or drop them."""
        if self.optimizer is None or dropped:  # none of torch's moves what has no gradient
            return
        if self.clip:
            if self.clip.value is not None:
                clip_grad_value_(self.trained, self.clip.value)
            if self.clip.norm is not None:
                clip_grad_norm_(self.trained, self.clip.norm)
        self.optimizer.step()

    def after_update(self, totals: Totals | None, epoch: int, updates: int) -> None:
        """Let schedules look at an update, of which there are so many now in the epoch."""
        if totals is not None:
            means = {
                name: totals.sum(name).item() / totals.samples for name in ("loss", "accuracy")
            }
            self.schedules.after("update", {"train": means})
        self.schedules.apply(epoch, updates)


def chosen(experiment: Experiment) -> list[ScheduleSettings]:
    """Return the settings of all schedules of an experiment."""
    settings = experiment.train
    return [*([settings.scheduler] if settings.scheduler else []), *settings.schedules]


def set_targets(experiment: Experiment, learner: Learner, epoch: int) -> None:
    """Set what schedules change of a learner to what it is after so many epochs.

    No checkpoint holds these numbers: they are a function of the moment.
    """
    horizon = Horizon(experiment.train.epochs, 1, 1)
    Schedules(chosen(experiment), None, learner.targets(), horizon).apply(epoch)
