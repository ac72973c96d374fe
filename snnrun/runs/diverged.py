"""Where the numbers of a run went wrong: ``diverged.json``, which ``snnrun replay`` reads."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from snnrun.core.position import Position
from snnrun.core.registry import Settings
from snnrun.runs import json_files
from snnrun.runs.whole import MOST, Count, damaged

DIVERGED = "diverged.json"


class Diverged(Settings):
    """The last time that it happened; no times of day, so that runs of the same bits agree.

    what: which tensor, or the loss.
    epoch, batch: where training stood.
    seed: of the run.
    left_out: updates that were left out by then, as :class:`snnrun.runs.progress.Trouble` has them.
    processes: that trained together.
    config: of the run; empty in records of earlier versions.
    """

    what: Annotated[str, Field(max_length=1000)]
    epoch: Count
    batch: Count
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    left_out: Annotated[tuple[Count, ...], Field(max_length=MOST)] = ()
    processes: Annotated[int, Field(ge=1)] = 1
    config: Annotated[str, Field(max_length=2**20)] = ""

    @property
    def at(self) -> Position:
        """Where training stood."""
        return Position(self.epoch, self.batch)


def read(run: Path) -> Diverged | None:
    """Return the record of a run folder; None where nothing went wrong.

    Raises:
        DataError: it is damaged.
    """
    path = run / DIVERGED
    content = json_files.read(path)
    if content is None:
        return None
    try:
        return Diverged.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise damaged(path, error) from error
