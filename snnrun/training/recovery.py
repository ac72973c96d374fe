"""What becomes of an update of the weights that goes wrong: loss, gradients or weights not finite.

``stop`` ends the run. ``skip`` drops the update: it changes nothing. ``rewind`` goes back to a
checkpoint and trains again without it; where it goes wrong again within an epoch's worth of
updates, two updates before that are left out, then four, eight, and so on.

Which updates are left out is a function of where it went wrong, never of which checkpoints there
were. So a run that was killed and goes on, from an older checkpoint or a newer one, comes to the
same bits.
"""

from itertools import islice
from typing import Literal

from snnrun.core.position import Horizon, Position
from snnrun.runs.progress import Trouble

#: Updates that may be skipped in a row, if an epoch has more.
MOST_SKIPPED = 100
#: How often in a row a run is rewound; the last time, 128 updates are left out.
MOST_REWOUND = 8
#: What the log calls the share of the updates of an epoch that were skipped or left out.
SKIPPED = "skipped"


class Recovery:
    """What is done about updates that go wrong, and which they were.

    Args:
        kind: ``train.on_nan``.
        horizon: how many updates and batches an epoch has.
        accumulate: batches of an update.

    Attributes:
        trouble: what a checkpoint tells of it.
        update: the number of the update that is being made, or was made last; None before any.
        told: whether this session has said that an update was skipped.
    """

    def __init__(
        self, kind: Literal["stop", "skip", "rewind"], horizon: Horizon, accumulate: int
    ) -> None:
        self.kind, self.horizon, self.accumulate = kind, horizon, accumulate
        self.trouble = Trouble()
        self.update: int | None = None
        self.told = False

    def begin(self, at: Position) -> None:
        """Begin the update that starts at a position."""
        self.update = at.epoch * self.horizon.updates + at.batch // self.accumulate

    @property
    def left_out(self) -> bool:
        """Whether the update that is being made is one of those to leave out."""
        return self.update in self.trouble.left_out

    def made(self) -> None:
        """Note that an update was made."""
        if self.trouble.skipped:
            self.trouble = self.trouble.model_copy(update={"skipped": 0})

    def skip(self) -> bool:
        """Note that an update was skipped; tell whether the run may go on."""
        skipped = self.trouble.skipped + 1
        self.trouble = self.trouble.model_copy(update={"skipped": skipped})
        return skipped < min(MOST_SKIPPED, self.horizon.updates)

    def rewound(self) -> Trouble | None:
        """Return what is to be left out now that the last update went wrong.

        None where nothing helps: it went wrong too often, or nothing would be left of the run, or
        of an epoch.
        """
        before, update, updates = self.trouble, self.update, self.horizon.updates
        if update is None:
            return None
        again = before.wrong is not None and update - before.wrong <= updates
        rewinds = before.rewinds + 1 if again else 1
        width, left_out = 2 ** (rewinds - 1), set(before.left_out)
        made = (number for number in range(update, -1, -1) if number not in left_out)
        more = list(islice(made, width))
        left_out.update(more)
        epochs = {number // updates for number in more}
        whole = any(left_out.issuperset(range(e * updates, (e + 1) * updates)) for e in epochs)
        if rewinds > MOST_REWOUND or len(more) < width or whole:
            return None
        return Trouble(left_out=tuple(sorted(left_out)), wrong=update, rewinds=rewinds)

    def place(self, update: int) -> Position:
        """Return the position that an update starts at."""
        epoch, number = divmod(update, self.horizon.updates)
        return Position(epoch, number * self.accumulate)
