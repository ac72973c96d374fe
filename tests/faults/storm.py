"""Trainings that are killed, stopped and starved, at any moment, and go on to the same bits.

``python -m tests.faults.storm [SECONDS] [SEED]``. Each run has one to three faults; then it goes on
to its end, and all that lies in its folder is compared with a run that had none.
"""

import builtins
import errno
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from snnrun.core.signals import NAMES
from tests.faults.forked import Command, Done, only_folder
from tests.training.killed import STEPS

CONFIGS = Path(__file__).parent.parent.parent / "configs"
SHORT = (
    "train.epochs=3", "train.savepoints=[]", "train.checkpoint_minutes=1e-9", "train.threads=1",
    "train.live_plot=false", "train.tensorboard=false",
)  # fmt: skip
ACTING = ("data.episodes={train: 4, validation: 2, test: 2}", "encoder.steps=3")
#: One of each model and rule, and what makes it short.
KINDS: dict[str, tuple[str, ...]] = {
    "first_spike_digits": (),
    "first_spike_delays_yin_yang": (),
    "sbs_digits": (),
    "stbp_digits": (),
    "random_feedback_digits": (),
    "eligibility_digits": (),
    "diehl_cook_digits": (),
    "reward_xor": (),
    "reward_cartpole": ACTING,
}
DISKS = {"full disk": errno.ENOSPC, "failing disk": errno.EIO}
KILL, STOP = "kill -9", "signal"


def training(kind: str, results: Path, **options: Any) -> Command:
    config = CONFIGS / f"{kind}.yaml"
    chosen = (*SHORT, *KINDS[kind])
    return Command("train", config, "-q", "--results", results, *chosen, **options)


def contents(run: Path) -> dict[str, Any]:
    """Return all that lies in a run folder, without times, machine and owner."""
    found: dict[str, Any] = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if name in ("lock", "environment.json", "status.json", "summary.json") or path.is_dir():
            continue
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    found["metrics.jsonl"] = [
        {key: value for key, value in row.items() if key not in ("time", "crc")} for row in rows
    ]
    for name in [name for name in found if name.endswith(("state.json", "meta.json"))]:
        found[name] = name  # they tell seconds
    status = json.loads((run / "status.json").read_text())
    return found | {"status": [status[key] for key in ("state", "epoch", "best")]}


class Starving:
    """Lets a call that changes the disk fail, the first of so many.

    Args:
        after: how many calls work before.
        number: the error; calls fail from there on.
    """

    def __init__(self, after: int, number: int) -> None:
        self.left, self.number = after, number

    def __call__(self) -> None:
        for name in (*STEPS, "write", "utime"):
            setattr(os, name, self._failing(getattr(os, name)))
        builtins.open = io.open = self._failing(open, writing=True)

    def _failing(self, call: Callable[..., Any], writing: bool = False) -> Callable[..., Any]:
        def fails(*arguments: Any, **named: Any) -> Any:
            mode = named.get("mode", arguments[1] if len(arguments) > 1 else "r")
            if not writing or (set("wax+") & set(str(mode)) and arguments[0] != os.devnull):
                self.left -= 1
                if self.left < 0:
                    raise OSError(self.number, os.strerror(self.number))
            return call(*arguments, **named)

        return fails


class Storm:
    """Breaks trainings for a while.

    Args:
        folder: to work in.
        seed: of all that is drawn.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.bad: list[str] = []
        self.expected: dict[str, tuple[dict[str, Any], float]] = {}

    def prepare(self, kind: str) -> None:
        """Train a run that nothing befalls."""
        results = self.folder / f"{kind}_unbroken"
        done = training(kind, results).wait()
        run = only_folder(results)
        if done.code or run is None:
            raise RuntimeError(f"{kind} cannot be trained: {done}")
        self.expected[kind] = contents(run), done.seconds

    def one(self, kind: str) -> None:
        """Break a run, let it go on to its end, and compare."""
        self.runs[kind] += 1
        results = self.folder / f"{kind}_{self.runs[kind]}"
        log = [self._break(partial(training, kind, results), kind)]
        run = only_folder(results)
        for _ in range(self.random.randrange(3)):
            if run is not None and any((run / "checkpoints").glob("epoch_*")):
                log.append(self._break(partial(Command, "continue", run, "-q"), kind))
        if run is None or not any((run / "checkpoints").glob("epoch_*")):
            shutil.rmtree(results, ignore_errors=True)
            return  # it had not begun: there is nothing to lose
        last = Command("continue", run, "-q").wait()
        finished = last.code == 0 or "stands at epoch 3 and cannot end at 3" in last.text
        expected, _ = self.expected[kind]
        try:
            found = contents(run)
            wrong = [name for name in found.keys() | expected.keys()
                     if found.get(name) != expected.get(name)]  # fmt: skip
        except (OSError, ValueError, KeyError) as error:
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong or not finished:
            how = "took too long" if last.code is None else f"{last.code} {last.text[-300:]}"
            self._note(kind, run, f"differs in {wrong[:5]}; {how}", log)
        else:
            shutil.rmtree(results)

    def _break(self, command: Callable[..., Command], kind: str) -> str:
        fault = self.random.choice([*4 * [KILL], STOP, *DISKS])
        self.faults[fault] += 1
        if fault in DISKS:
            after = self.random.randrange(120)
            done = command(before=Starving(after, DISKS[fault])).wait()
            what = f"{fault} after {after} calls"
        else:
            number = signal.SIGKILL if fault == KILL else self.random.choice(list(NAMES))
            started = command()
            moment = self.random.uniform(0, 1.1 * self.expected[kind][1])
            time.sleep(moment)
            started.send(number)
            done = started.wait()
            what = f"{signal.Signals(number).name} after {moment:.3f} s"
        if fault != KILL and not _told(done):
            self._note(kind, None, f"{what}: {done.code} {done.text[-600:]}", [])
        return f"{what}: {done.code}"

    def _note(self, kind: str, run: Path | None, what: str, log: list[str]) -> None:
        self.bad.append(f"{kind}: {what} {log} {run or ''}")
        print(self.bad[-1], flush=True)


def _told(done: Done) -> bool:
    """Whether a command that was stopped or starved ended as it should."""
    early = {-number for number in NAMES}  # before the command itself has begun
    return done.code in early or done.clean


def main(seconds: float = 600.0, seed: int = 1) -> int:
    """Return how many runs were lost, differed, or ended without a clear word."""
    folder = Path(tempfile.mkdtemp(prefix="snnrun_storm_"))
    storm, kinds = Storm(folder, seed), list(KINDS)
    for kind in kinds:
        storm.prepare(kind)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        storm.one(kinds[sum(storm.runs.values()) % len(kinds)])
    print(f"seed {seed}: {sum(storm.runs.values())} runs:", dict(storm.runs))
    print(f"{sum(storm.faults.values())} faults:", dict(storm.faults))
    print(f"lost, other than unbroken ones, or without a clear word: {len(storm.bad)}")
    if not storm.bad:
        shutil.rmtree(folder)
    return len(storm.bad)


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(min(1, main(*(float(given[0]), *map(int, given[1:])) if given else ())))
