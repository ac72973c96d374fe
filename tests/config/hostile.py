"""Shipped configs with up to three things changed for the worse, and what is said of them.

``python -m tests.config.hostile EXAMPLES [SEED]``. Each config loads and is weighed and told as
``validate`` does, or ends in a ConfigError or DataError of bounded length; each in bounded time and
memory. What breaks that is printed with its seed, which makes the same config again:
``python -m tests.config.hostile 1 SEED``.
"""

import math
import random
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from snnrun.cli.describe import experiment_text
from snnrun.config.tree import _LOADER
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import load_config
from snnrun.weighing import check_memory, memory_text
from tests.trials import Limits, Report, main, refused, tried

CONFIGS = sorted(Path("configs").glob("*.yaml"))
LIMITS = Limits(seconds=3.0, wait=60.0, room=2 * 2**30)
LONGEST = 60_000  # characters of all that is said of a config

NUMBERS = [
    "-1", "0", "1", "2", "3", "7", "100", "1000000000", "1000000000000", "1" + "0" * 30, "9" * 99,
    "9" * 5000, "-1000000000000", "4294967296", "9223372036854775808", "0.5", "1.5", "-0.0", "1e9",
    "1e-300", "5e-324", "1e-10", "1e30", "1e300", "1e400", ".inf", "-.inf", ".nan", "0x7fffffff",
]  # fmt: skip
WORDS = [
    "null", "true", "false", "''", "[]", "{}", "[[]]", "{a: 1}", "[1, 2, 3]", "text", "~nobody",
    "~nobody/x.npy", "../..", "/dev/zero", "/proc/self/mem", '"a\\0b"', '"\\ud800"', "x" * 3000,
    "auto", "'1'", "2026-01-01", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "*gone",
    "&a [*a]", "[" * 99 + "]" * 99, "[" * 200, "{name: lif}", "{name: sgd}", "{name: digits}",
    "{name: 3}", "{name: [1]}", "{size: 1e9}", "[{name: lif}]", "\u2028", "\x85", "\ufeff",
    "\U0001f600", "%", "@", "`",
]  # fmt: skip


def scalars(node: Any, seen: set[int], keys: bool = False) -> Iterator[Any]:
    """Yield the plain values of a config as the YAML library marks them, each once; keys if told.

    Args:
        node: of the library.
        seen: those that were there before, by aliases.
        keys: whether to yield keys of maps too.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if keys:
                yield key
            yield from scalars(value, seen, keys)
    else:
        for each in node.value:
            yield from scalars(each, seen, keys)


def _put(text: str, draw: random.Random, new: str) -> str:
    """Return the config with another value in the place of one, or at times of a key."""
    try:
        found = list(scalars(yaml.compose(text, _LOADER), set(), draw.random() < 0.2))
    except (yaml.YAMLError, AttributeError, RecursionError):
        return text + new
    if not found:
        return text + new
    chosen = draw.choice(found)
    return text[: chosen.start_mark.index] + new + text[chosen.end_mark.index :]


def number(text: str, draw: random.Random) -> str:
    return _put(text, draw, draw.choice(NUMBERS))


def word(text: str, draw: random.Random) -> str:
    return _put(text, draw, draw.choice(WORDS))


def swapped(text: str, draw: random.Random) -> str:
    """Put a value of the config in the place of another."""
    parts = text.split()
    return _put(text, draw, draw.choice(parts).strip(",{}[]:") or "x") if parts else text


def misspelt(text: str, draw: random.Random) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice(["", "x", "_", ":", " ", "-", "é"]) + text[place + 1 :]


def nested(text: str, draw: random.Random) -> str:
    depth = draw.choice([1, 3, 30, 98, 5000])
    return _put(text, draw, draw.choice(["[", "{a: "]) * depth + "1")


def deep(text: str, draw: random.Random) -> str:
    depth = draw.choice([1, 3, 30, 90])
    return _put(text, draw, "[" * depth + "1" + "]" * depth)


def aliased(text: str, draw: random.Random) -> str:
    """Lists of lists of lists, by a few aliases."""
    wide = draw.choice([2, 9, 40])
    steps = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * wide)}]" for n in range(1, 6)]
    return text + "\n" + "\n".join(["a0: &a0 [x]", *steps]) + "\n"


def many(text: str, draw: random.Random) -> str:
    count, what = draw.choice([10, 1000, 12_000]), draw.choice(NUMBERS + WORDS)[:20]
    if draw.random() < 0.5:
        return _put(text, draw, "[" + f"{what}, " * count + "]")
    return _put(text, draw, "{" + ", ".join(f"k{n}: {what}" for n in range(count)) + "}")


def doubled(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True) or ["\n"]
    line = draw.choice(lines)
    lines.insert(draw.randrange(len(lines) + 1), line * draw.choice([1, 1, 1, 50]))
    return "".join(lines)


def gone(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True) or ["\n"]
    del lines[draw.randrange(len(lines))]
    return "".join(lines)


def cut_off(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text) + 1)]


def extended(text: str, draw: random.Random) -> str:
    what = draw.choice(["[c.yaml, c.yaml]", "c.yaml", ".", "/dev/zero", "absent.yaml", "[1]", "{}"])
    return f"extends: {what}\n{text}"


CHANGES: list[Callable[[str, random.Random], str]] = [
    number, number, number, number, number, number, number, number, word, word, word, swapped,
    swapped, misspelt, deep, doubled, gone, cut_off, extended,
]  # fmt: skip
SLOW = [nested, aliased, many]  # each is refused in a second; of these, fewer


def spoiled(text: str, draw: random.Random) -> bytes:
    """Return a config with up to three things changed, and at times the bytes of it."""
    for _ in range(draw.choice([1, 1, 2, 3])):
        text = draw.choice(SLOW if draw.random() < 0.01 else CHANGES)(text, draw)
    content = text.encode("utf-8", "surrogatepass")
    how = draw.randrange(25)
    if how == 0:
        place = draw.randrange(len(content) + 1)
        return content[:place] + draw.randbytes(draw.choice([1, 4, 300])) + content[place + 1 :]
    if how == 1:
        return text.encode(draw.choice(["utf-16", "utf-32", "utf-8-sig", "utf-7"]), "replace")
    return content


def override(draw: random.Random) -> list[str]:
    """Return what is to be changed on the command line."""
    if draw.random() < 0.8:
        return []
    keys = [
        "seed",
        "train.epochs",
        "model.layers.0.size",
        "data",
        "encoder.steps",
        "train.optimizer.lr",
    ]
    odd = ["a" + ".b" * 3000, "'", '"', "model.layers.99999999999", "..", "", "data.name\udcff"]
    return [f"{draw.choice(keys + odd)}={draw.choice(NUMBERS + WORDS)}"]


def trial(folder: Path, seed: int) -> str:
    """Return what became of the config of a seed: loads or refused; raise if it broke the promise.

    Args:
        folder: to write the config to, with the shipped ones, which some extend.
        seed: of all that is drawn.
    """
    draw = random.Random(seed)
    path = folder / ("c.json" if draw.random() < 0.05 else "c.yaml")
    path.write_bytes(spoiled(draw.choice(CONFIGS).read_text(encoding="utf-8"), draw))
    try:
        whole = load_config(path, override(draw))
        check_memory(whole)
        assert experiment_text(whole) + memory_text(whole), "nothing is said of it"
    except (ConfigError, DataError) as error:
        return refused(error, LONGEST)
    return "loaded"


def fuzz(examples: int, first: int = 0, seconds: float = math.inf) -> Report:
    """Try configs of the seeds from ``first`` on."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        for path in CONFIGS:  # some extend others
            shutil.copy(path, folder)
        return tried(partial(trial, Path(folder)), "configs", examples, first, LIMITS, seconds)


if __name__ == "__main__":
    sys.exit(main(fuzz, sys.argv[1:]))
