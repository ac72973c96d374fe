"""What a checkpoint tells beside its tensors: ``state.json``, checked when it is read."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import ConfigDict, Field, ValidationError

from snnrun.core.position import Position
from snnrun.core.registry import Settings
from snnrun.errors import DataError
from snnrun.runs.whole import MOST, Count, damaged

Number = Annotated[float, Field(allow_inf_nan=True)]
#: What a schedule remembers: JSON has no inf, which is written as text.
Memory = int | Number | None


class _Told(Settings):
    """A part of it; numbers that are not finite are written as text."""

    model_config = ConfigDict(ser_json_inf_nan="strings")


class Group(_Told):
    """A group of parameters of the optimiser: their names, in order, and their learning rate."""

    parameters: tuple[str, ...]
    lr: Annotated[float, Field(ge=0)]


class Best(_Told):
    """The best epoch so far, and what the validation said of it."""

    epoch: Count
    values: dict[str, Number]

    def flat(self) -> dict[str, float]:
        """Return epoch and values in one map."""
        return {"epoch": self.epoch, **self.values}

    @classmethod
    def of(cls, flat: Mapping[str, float]) -> Self:
        """Return what :meth:`flat` was made of."""
        values = {name: value for name, value in flat.items() if name != "epoch"}
        return cls(epoch=int(flat["epoch"]), values=values)


class Trouble(_Told):
    """Updates of the weights that went wrong; they are numbered through the run, from 0.

    skipped: how many before this moment were skipped in a row.
    left_out: those that are left out, ascending.
    wrong: the last one that training was rewound for; None: it never was.
    rewinds: how often in a row it was.
    """

    skipped: Count = 0
    left_out: Annotated[tuple[Count, ...], Field(max_length=MOST)] = ()
    wrong: Count | None = None
    rewinds: Count = 0


class Progress(_Told):
    """Where a run stands.

    optimizer: the groups; None where the rule changes weights itself.
    schedules: of each target whose schedule watches a number, what it remembers.
    means: sums of the running epoch: name -> sum over samples, number of samples.
    best: the best epoch so far.
    kept: epochs whose checkpoints stay.
    metric_lines, history_lines: how many lines the run had logged.
    seconds: of training, over all sessions.
    config: the experiment that was trained.
    trouble: updates that went wrong.
    """

    optimizer: tuple[Group, ...] | None
    schedules: dict[str, dict[str, Memory]]
    means: dict[str, tuple[Number, Annotated[int, Field(ge=1)]]]
    best: Best
    kept: Annotated[tuple[Count, ...], Field(max_length=MOST)]
    metric_lines: Count
    history_lines: Count
    seconds: Annotated[float, Field(ge=0, le=1e12)]
    config: str
    trouble: Trouble = Trouble()

    def to_json(self) -> str:
        """Return it as JSON."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: bytes, where: str) -> "Progress":
        """Return what :meth:`to_json` wrote.

        Raises:
            DataError: it is something else; the text names the first thing that is wrong.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise damaged(where, error) from error

    def check(self, at: Position, where: str) -> None:
        """Refuse epochs that a run which stands there has not reached.

        Raises:
            DataError: naming the first.
        """
        for key, epochs in (("best.epoch", (self.best.epoch,)), ("kept", self.kept)):
            late = max(epochs, default=0)
            if late > at.epoch:
                raise DataError(f"{where} is damaged: {key}: {late} lies behind {at}")
