"""Calls of the compiled graphs that are right, with nearly all that there is to tell them."""

import gc
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from tests.kernels.hostile.drawing import Call

REFUSED = (TypeError, ValueError, MemoryError)

SAMPLES, STEPS = 3, 6


def groups(kind: Any) -> list[dict[str, Any]]:
    """An input, neurons that adapt, others, whose constants are one for each, and a pool's."""
    trace = {"traced": True, "trace_decay": 0.9, "trace_amount": 1.0, "trace_adds": False}
    cells = {"kind": 0, "integration": 0, "decay": 0.9, "gain": 1.0, "rest": 0.0, "lower": -9.0,
             "threshold": 0.5, "reset": 0.0, "refractory": 1, "dt": 1.0}  # fmt: skip
    adapts = {"level": 1, "theta": np.zeros(4, kind), "theta_decay": 0.9, "plus": 0.1,
              "one_winner": True, "minus_traces": False}  # fmt: skip
    each = {"decay": np.full(4, 0.9, kind), "refractory": np.ones(4, np.int64), "input_decay": 0.5,
            "inhibition_decay": 0.5, "excites_to": 0.0, "inhibits_to": -1.0}  # fmt: skip
    return [
        {"size": 5, "input": True, **trace},
        {"size": 4, **cells, **adapts, **trace},
        {"size": 4, **cells, **each},
        {"size": 2, "kind": 4, **trace},
    ]


def rule(kind: int) -> dict[str, Any]:
    """A rule of any kind, with all that any of them is told."""
    trace = {"decay": 0.9, "amount": 1.0, "adds": False}
    own = {f"{of}_{name}": each for of in ("pre", "post", "slow") for name, each in trace.items()}
    rates = {"nu_pre": 0.01, "nu_post": 0.02, "nu_slow": 0.01, "nu_pair": 0.0, "x_target": 0.1,
             "mu": 1.0, "keep": 0.9, "over": 1.0, "scale": 1.0, "center": 0.5, "a": 0.1,
             "lag": False, "signal": 0 if 6 <= kind <= 8 else -1}  # fmt: skip
    return {"kind": kind, **rates, **own}


def synapses(kind: Any, rules: int = 1) -> list[dict[str, Any]]:
    """Some of each kind; those that have places for it learn, by a rule of some kind."""

    def learned(inputs: int) -> dict[str, Any]:
        return {"weights": np.full((4, inputs), 0.4, kind), "ready": np.zeros(4, np.uint8),
                "low": 0.0, "high": 1.0, "norm": 2.0, "norm_squares": False, "norm_steps": False,
                "kept": 1.0, "rules": [rule(rules)]}  # fmt: skip

    late = np.array([[0, 1, 2, 3, 0], [4, 0, 0, 1, 1], [2, 0, 3, 0, 1], [0, 0, 1, 4, 0]], np.int64)
    sees = np.array([[0, 1, -1], [2, 3, 4]], np.int32)
    shared = {"weights": np.full((2, 3), 0.2, kind), "rows": 2, "width": 3, "windows": 2,
              "sees": sees, "delays": np.array([[1, 2, 3], [1, 1, 4]], np.int64),
              "mask": np.ones((2, 3), np.uint8)}  # fmt: skip
    one = {"weights": np.ones(1, kind)}
    windows = {"width": 3, "sees": np.array([[0, 1, -1], [1, 2, 3]], np.int32)}
    return [
        {"pre": 0, "post": 1, "delay": 0, "kind": 0, **learned(5)},
        {"pre": 0, "post": 1, "kind": 0, "delays": late, **learned(5)},
        {"pre": 1, "post": 1, "kind": 0, "delays": late[:, :4] + 1, **learned(4)},
        {"pre": 0, "post": 2, "kind": 0, **shared},
        {"pre": 1, "post": 2, "delay": 1, "kind": 1, **one},
        {"pre": 2, "post": 1, "delay": 2, "kind": 2, **one},
        {"pre": 1, "post": 3, "delay": 0, "kind": 3, **windows, **one},
    ]


def call(rewarded: bool = False) -> dict[str, Any]:
    """Arguments of a run."""
    starts = np.arange(SAMPLES)[:, None] * 2 * STEPS + 2 * np.arange(STEPS + 1)
    places = np.tile(np.array([0, 3], np.int32), SAMPLES * STEPS)
    answer = {"group": 1, "classes": 2, "labels": np.array([0, 1, 1]), "when": 0, "correct": 1.0,
              "wrong": -1.0, "undecided": 0.0}  # fmt: skip
    return {
        "inputs": [(starts.astype(np.int64), places)],
        "words": np.full((SAMPLES, STEPS), 2**31, np.uint32),
        "learning": True, "wanted": [1, 2], "watched": 1, "fewest": 0, "threads": 2,
        "signals": [answer] if rewarded else [],
        "clamps": {1: np.zeros((SAMPLES, STEPS, 4), np.int8)},
    }  # fmt: skip


def intervals() -> dict[str, Any]:
    """Arguments of spikes at random intervals."""
    return {
        "key": 3, "samples": np.arange(2), "levels": np.array([[0, 1, -1], [1, 1, 0]], np.int32),
        "limits": np.sort(np.full((2, STEPS), 2**30, np.uint32)), "threads": 2,
        "guide": np.zeros((2, 256), np.uint32),
    }  # fmt: skip


def portion(rewarded: bool) -> dict[str, Any]:
    """Arguments of a portion of an episode: the first of the samples."""
    shown = call(rewarded)
    ((starts, places),) = shown["inputs"]
    return {
        "inputs": [(starts[:1], places)], "words": shown["words"][:1], "wanted": [1],
        "told": [0.5] if rewarded else [],
    }  # fmt: skip


def lived(graph: Any, run: dict[str, Any], part: dict[str, Any]) -> None:
    """Run samples and an episode, twice; what is refused does not end it."""

    def tried(function: Any, *arguments: Any, **named: Any) -> None:
        try:
            function(*arguments, **named)
        except REFUSED:
            pass

    for _ in range(2):
        tried(graph.run, **run)
        tried(graph.refresh)
        tried(graph.begin, run.get("learning"))
        for _ in range(2):
            tried(graph.go_on, **part)
        tried(graph.end, part.get("told"))
        tried(graph.traces, 3)
        tried(graph.membranes, 2)


class Graphs:
    """Calls of the graphs of one precision."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name, self.kind = name, kind

    def made(self, module: Any, random: Random) -> tuple[Any, bool]:
        """Return a graph, and whether a reward is to be told."""
        rules = random.randrange(1, 10)
        parts = groups(self.kind), synapses(self.kind, rules)
        return getattr(module, self.name)(*parts), 6 <= rules <= 8

    def build(self, module: Any, random: Random) -> Call:
        rules = random.randrange(1, 10)
        rewarded = 6 <= rules <= 8

        def build(**parts: Any) -> None:
            graph = getattr(module, self.name)(**parts)
            for part in parts.values():  # arrays that nobody else keeps
                for each in part:
                    each.clear()
                part.clear()
            gc.collect(0)
            lived(graph, call(rewarded), portion(rewarded))

        return build, {"groups": groups(self.kind), "synapses": synapses(self.kind, rules)}

    def run(self, module: Any, random: Random) -> Call:
        graph, rewarded = self.made(module, random)

        def twice(**shown: Any) -> None:
            graph.run(**shown)
            lived(graph, shown, portion(rewarded))

        return twice, call(rewarded)

    def go_on(self, module: Any, random: Random) -> Call:
        graph, rewarded = self.made(module, random)
        graph.begin(True)

        def on(**part: Any) -> None:
            graph.go_on(**part)
            lived(graph, call(rewarded), part)

        return on, portion(rewarded)

    def end(self, module: Any, random: Random) -> Call:
        graph, rewarded = self.made(module, random)
        graph.begin(True)
        return graph.end, {"told": portion(rewarded)["told"]}

    def begin(self, module: Any, random: Random) -> Call:
        return self.made(module, random)[0].begin, {"learning": random.random() < 0.5}

    def refresh(self, module: Any, random: Random) -> Call:
        return self.made(module, random)[0].refresh, {}

    def traces(self, module: Any, random: Random) -> Call:
        return self.made(module, random)[0].traces, {"group": random.choice([0, 1, 3])}

    def membranes(self, module: Any, random: Random) -> Call:
        return self.made(module, random)[0].membranes, {"group": random.choice([1, 2, 3])}

    def calls(self) -> dict[str, Callable[[Any, Random], Call]]:
        """Return them by the names of the stub."""
        methods = [self.refresh, self.run, self.begin, self.go_on, self.end, self.traces,
                   self.membranes]  # fmt: skip
        return {self.name: self.build} | {f"{self.name}.{each.__name__}": each for each in methods}


CALLS = Graphs("GraphFloat", np.float32).calls() | Graphs("GraphDouble", np.float64).calls()
