"""What the settings of every learning rule can tell without building it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from snnrun.core.capabilities import Capability, Target
from snnrun.core.registry import Settings
from snnrun.encoders.settings import EncoderSettings
from snnrun.models.settings import ModelSettings


@dataclass(frozen=True)
class Criterion:
    """A number that the validation gives, and which way is better."""

    name: str
    better: Literal["higher", "lower"] = "higher"

    def merit(self, values: Mapping[str, float]) -> float:
        """Return the number, negative where lower is better."""
        return values[self.name] if self.better == "higher" else -values[self.name]


@dataclass(frozen=True)
class Judged:
    """What tells the best epoch: a criterion, and one that decides between equals."""

    by: Criterion = Criterion("accuracy")
    tie: Criterion | None = Criterion("loss", "lower")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return (self.by.name, *([self.tie.name] if self.tie else []))

    def merit(self, values: Mapping[str, float]) -> tuple[float, ...]:
        """Return what is compared between epochs; larger is better."""
        return tuple(each.merit(values) for each in (self.by, self.tie) if each)


class RuleSettings(Settings):
    """Settings of a learning rule.

    needs: what a model must offer.
    offers: what figures may count on.
    targets: which targets of samples it learns from.
    changes: gradients, which an optimiser follows; or weights, within the sample: then there is no
        optimiser, and a batch is a chunk of samples on whose size nothing depends.
    parallel: whether a batch may be split over processes: what the shares leave then sums to what
        the whole batch would leave.
    judged_by: what tells the best epoch.
    targets_of_schedules: numbers that schedules may change.
    """

    needs: ClassVar[frozenset[Capability]] = frozenset()
    offers: ClassVar[frozenset[Capability]] = frozenset()
    targets: ClassVar[frozenset[Target]] = frozenset({Target.CLASSES})
    changes: ClassVar[Literal["gradients", "weights"]] = "gradients"
    parallel: ClassVar[bool] = False
    judged_by: ClassVar[Judged] = Judged()
    targets_of_schedules: ClassVar[tuple[str, ...]] = ()

    @property
    def score_words(self) -> str:
        """What the scores of classes are, of which the largest wins."""
        return "as the rule scores classes"

    @property
    def gathers(self) -> Literal["mean", "sum"]:
        """What becomes of the gradients of several batches of one update: their mean over samples,
        or their sum.
        """
        return "mean"

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a network or an encoder that the rule cannot work with.

        Raises:
            ValueError: the text may begin with the key of the rule to blame.
        """

    def check_classes(self, classes: int) -> None:
        """Refuse a number of classes, or of numbers to answer with, that the rule is not for.

        Raises:
            ValueError: the text may begin with the key of the rule to blame.
        """

    def check_sizes(self, model: ModelSettings, inputs: Any, classes: int) -> None:
        """Refuse a network whose sizes do not fit what the rule does with it.

        Args:
            model: the network.
            inputs: what it is told of its input: its size or its shape.
            classes: how many classes there are, or numbers to answer with.

        Raises:
            ValueError: the text may begin with the key of the rule to blame.
        """
