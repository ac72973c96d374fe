"""What a config may say about the signals that a graph is told while it learns."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.registry import Entry, Settings, Table


class SignalSettings(Settings):
    """A signal.

    told: whether rules read it, by its name; else it acts on spikes.
    """

    told: ClassVar[bool] = True


class GroupSignalSettings(SignalSettings):
    """A signal that looks at a group whose neurons stand for classes by their place, or acts on it.

    With N neurons and C classes, neuron i stands for class i // (N / C).
    """

    group: Annotated[
        str | None,
        Field(
            description="whose neurons stand for classes by their place, the first of them for the "
            "first class; null: the readout",
            examples=["out"],
        ),
    ] = None


class RewardSettings(GroupSignalSettings):
    """What right and wrong answers of a group are worth, and when they are judged."""

    correct: Annotated[float, Field(description="told where the group is right")] = 1.0
    wrong: Annotated[float, Field(description="told where it is wrong")] = -1.0
    undecided: Annotated[
        float, Field(description="told where it is silent, or classes have equally many spikes")
    ] = 0.0
    when: Annotated[
        Literal["every_step", "spike", "sample"],
        Field(
            description="every_step: by the spikes of the sample until then; sample: the same, at "
            "the last step only; spike: at steps in which the group spikes, correct for each spike "
            "of the true class and wrong for each other"
        ),
    ] = "every_step"


class LabelSettings(SignalSettings):
    """The number of the class of a sample, from 0, at every step."""


class ClampSettings(GroupSignalSettings):
    """Which neurons are made to spike, and which are kept silent."""

    told: ClassVar[bool] = False

    every: Annotated[
        int, Field(ge=1, description="the n-th, 2n-th, ... step at which neurons must spike")
    ] = 1
    neurons: Annotated[
        int | None,
        Field(
            ge=1,
            description="how many of the true class must spike, drawn for each sample; null: all",
        ),
    ] = None
    others: Annotated[
        Literal["free", "silent"], Field(description="what neurons of other classes do")
    ] = "free"


_HERE = "snnrun.learning.correlation.signals:"
_FLORIAN = "after Florian, Neural Computation 19 (2007)"

SIGNALS: Table[Entry] = Table(
    "signal",
    "snnrun.signals",
    {
        "reward": Entry(
            RewardSettings, _HERE + "Rewards", _FLORIAN, "by whether a group answers right"
        ),
        "label": Entry(LabelSettings, _HERE + "Label", "", "the number of the class of the sample"),
        "clamp": Entry(
            ClampSettings, _HERE + "Clamp", "", "neurons of the true class are made to spike"
        ),
    },
    SignalSettings,
    elsewhere={"teacher": "clamp", "unclamp": "clamp with others: silent"},
)
