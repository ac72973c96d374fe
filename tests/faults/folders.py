"""Run folders with a few things damaged, and what users do with them.

``python -m tests.faults.folders EXAMPLES [SEED]``. What is asked of a damaged folder comes to what
it comes to without the damage, or is refused by a message; a refusal changes no file, and nobody
changes one outside the folder. Where checksums were mended after the damage, anything may come out.
``python -m tests.faults.folders 1 SEED`` damages the same again.
"""

import json
import math
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from unittest import mock

from safetensors import SafetensorError

from snnrun.core.disk import read_file
from snnrun.errors import ConfigError, SnnrunError
from snnrun.runs import environment
from snnrun.runs.files import is_temporary
from tests.config.hostile import spoiled
from tests.faults import absurd
from tests.faults.bases import EPOCHS, KINDS, Base, made
from tests.faults.damage import Fault, Places, damaged, files_of, known_files
from tests.faults.uses import USES, expected, latest
from tests.faults.world import Seen, World, world
from tests.trials import Limits, Report, main, refused, tried

LIMITS = Limits(seconds=5.0, wait=20.0, room=2**30)
#: Characters of a message: of one problem, of all those of a config.
LINE, LONGEST = 3000, 60_000


def trial(world: World, bases: Sequence[Base], seed: int) -> str:
    """Return what became of a use of a damaged folder; raise what may not become of it."""
    draw = Random(seed)
    base = draw.choice(bases)
    others = [path for other in bases if other is not base for path in known_files(other.path)]
    run = world.fresh(base.path)
    name = draw.choices([*USES], [use.often for use in USES.values()])[0]
    epoch = draw.choice(USES[name].epochs)
    at = run / "checkpoints" / f"epoch_{EPOCHS if epoch is None else epoch:04d}"
    places = Places(run, others, world.outside, [run / "config.yaml", *files_of(at)])
    faults = [_fault(places, draw) for _ in range(draw.choice([1, 1, 1, 2]))]
    print(f"{base.name}: {name} {epoch} after {'; '.join(map(str, faults))}", file=sys.stderr)
    before, outside = world.seen(run), world.seen(world.outside)
    try:
        asked, found = USES[name].call(run, epoch, world.out)
    except SnnrunError as error:
        became = refused(error, LONGEST if isinstance(error, ConfigError) else LINE)
        if name == "resume" and (trained := latest(run)):
            honest = not any(fault.mended for fault in faults)
            known = [what for asked, what in base.expected.items() if asked[0] == "resume"]
            assert not honest or trained in known, "it trained something else"
        elif error.exit_code in (2, 3):
            same(before, world.seen(run), "a refusal")
        assert not list(world.out.iterdir()), "a refusal left something half made"
    else:
        became = "worked"
        if not any(fault.mended for fault in faults):
            _compare(base, asked, found, {fault.file for fault in faults})
    same(outside, world.seen(world.outside), "what is done to a run")
    return became


def _compare(base: Base, asked: tuple[object, ...], found: object, files: set[str]) -> None:
    """Compare with what comes of the folder as it was."""
    if "config.yaml" in files and asked[0] != "load":
        return  # it may be edited, and then other numbers come of it
    right = base.expected.get(asked)
    if isinstance(found, frozenset) and isinstance(right, frozenset):
        assert found <= right, f"{asked}: {found - right} are not there without the damage"
    else:
        assert found == right, f"{asked}: {found}, which is {right} without the damage"


def same(before: Seen, now: Seen, who: str) -> None:
    """Raise where two looks at a folder differ, but for the lock."""
    changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    ours = [name for name in changed if name != "lock" and not _cleared(name)]
    assert not ours, f"{who} changed {ours[:5]}"


def _cleared(name: str) -> bool:
    """Tell whether something has a name of what a killed process left, which may be removed."""
    return any(is_temporary(part, folder) for part in Path(name).parts for folder in (True, False))


def _fault(places: Places, draw: Random) -> Fault:
    """Damage something; half of the time, mend the checksums over it."""
    try:
        if draw.random() < 0.5:
            return _behind_checksums(places.file(draw), places.root, draw)
    except (ValueError, LookupError, TypeError, OSError, RecursionError, SafetensorError):
        pass  # it was damaged before
    return damaged(places, draw)


def _behind_checksums(path: Path, run: Path, draw: Random) -> Fault:
    """Change what a file says, and mend the checksums over it.

    Raises:
        ValueError: there is nothing to be mended of such a file.
    """
    if path.name == "config.yaml":
        text = spoiled(path.read_text(encoding="utf-8"), draw)
        path.write_bytes(text)
        _tell_checkpoints(run, text.decode("utf-8", "replace"))
        return Fault(path.name, "absurd settings", mended=True)
    if path.suffix == ".jsonl":
        return absurd.lines_file(path, draw)
    if path.suffix == ".json":
        fault = absurd.json_file(path, draw)
    elif path.suffix == ".safetensors":
        fault = absurd.tensors_file(path, draw)
    else:
        raise ValueError("no checksum of ours")
    if path.parent.parent.name == "checkpoints" and path.name != "meta.json":
        absurd.signed(path.parent)
    return fault


def _tell_checkpoints(run: Path, config: str) -> None:
    """Let the checkpoints say that they were trained with a config."""
    for state in (run / "checkpoints").glob("*/state.json"):
        content = json.loads(read_file(state, 2**20))
        state.write_text(json.dumps(content | {"config": config}))
        absurd.signed(state.parent)


def fuzz(
    examples: int, first: int = 0, seconds: float = math.inf, kinds: Sequence[str] = tuple(KINDS)
) -> Report:
    """Try damage of the seeds from ``first`` on."""
    warnings.simplefilter("ignore")
    with world() as place, mock.patch.object(environment, "_git", return_value=None):
        bases = made(place.base, kinds)
        for base in bases:
            base.expected = expected(base.path, place)
        what = "uses of damaged run folders"
        return tried(partial(trial, place, bases), what, examples, first, LIMITS, seconds)


if __name__ == "__main__":
    sys.exit(main(fuzz, sys.argv[1:]))
