"""Files of other programs, and of data sets, with a few things damaged, and what reads them.

``python -m tests.faults.foreign EXAMPLES [SEED]``. What is damaged is read or refused by a message;
nothing in it is run, none of it is changed, and what is refused leaves nothing behind.
``python -m tests.faults.foreign 1 SEED`` damages the same again.
"""

import logging
import math
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from unittest import mock

from snnrun.errors import ConfigError, SnnrunError
from snnrun.runs import environment
from tests.faults.absurd import signed
from tests.faults.containers import changed
from tests.faults.damage import Fault, Places, damaged, files_of, known_files
from tests.faults.folders import LIMITS, LINE, LONGEST, same
from tests.faults.programs import PROGRAMS
from tests.faults.world import Seen, World, world
from tests.trials import Report, main, refused, tried


def trial(world: World, bases: Mapping[str, Path], seed: int) -> str:
    """Return what became of what is damaged; raise what may not become of it."""
    draw = Random(seed)
    name = draw.choices([*bases], [PROGRAMS[each].often for each in bases])[0]
    others = [path for other, base in bases.items() if other != name for path in known_files(base)]
    folder = world.fresh(bases[name], "theirs")
    places = Places(folder, others, world.outside)
    faults = [_fault(places, draw) for _ in range(draw.choice([1, 1, 1, 2]))]
    print(f"{name} after {'; '.join(map(str, faults))}", file=sys.stderr)
    before, outside = _theirs(world.seen(folder)), _others(world.seen(world.outside))
    os.environ["SNNRUN_DATA"] = str(folder)
    try:
        PROGRAMS[name].read(folder, world.out)
    except SnnrunError as error:
        became = refused(error, LONGEST if isinstance(error, ConfigError) else LINE)
        assert not list(world.out.iterdir()), "a refusal left something behind"
    else:
        became = "read"
    same(before, _theirs(world.seen(folder)), "reading")
    same(outside, _others(world.seen(world.outside)), "reading")
    return became


def _theirs(seen: Seen) -> Seen:
    """Leave out the frames that we keep beside their files, which are made anew."""
    return {path: told for path, told in seen.items() if not path.startswith("frames")}


def _others(seen: Seen) -> Seen:
    """Leave out the frames that we keep where a link leads that stands in their folder's place."""
    return {path: told for path, told in seen.items() if not path.startswith("dvs128_gesture-")}


def _fault(places: Places, draw: Random) -> Fault:
    """Damage something; most of the time as its format allows."""
    files = files_of(places.root)
    if not files or draw.random() < 0.4:
        return damaged(places, draw)
    path = draw.choice(files)
    try:
        what = changed(path, places, draw)
    except Exception:  # it was damaged before
        return damaged(places, draw)
    with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):  # of format 1
        signed(path.parent)
    return Fault(str(path.relative_to(places.root)), what, mended=True)


def fuzz(
    examples: int,
    first: int = 0,
    seconds: float = math.inf,
    names: Sequence[str] = tuple(PROGRAMS),
) -> Report:
    """Try damage of the seeds from ``first`` on."""
    with (
        _untold(), world() as place, mock.patch.object(environment, "_git", return_value=None),
        mock.patch.dict(os.environ),
    ):  # fmt: skip
        bases = {name: place.base / name for name in names}
        for name, folder in bases.items():
            folder.mkdir()
            PROGRAMS[name].make(folder)
            os.environ["SNNRUN_DATA"] = str(folder)
            PROGRAMS[name].read(place.fresh(folder), place.out)
        what = "foreign files"
        return tried(partial(trial, place, bases), what, examples, first, LIMITS, seconds)


@contextmanager
def _untold() -> Iterator[None]:
    """Keep notes and warnings to ourselves."""
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


if __name__ == "__main__":
    sys.exit(main(fuzz, sys.argv[1:]))
