"""Calls of the compiled graphs that are right, with nearly all that there is to tell them."""

from typing import Any

import numpy as np

SAMPLES, STEPS = 3, 6


def groups(kind: Any) -> list[dict[str, Any]]:
    """An input, neurons that adapt, and others, whose constants are one for each."""
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
    """One of each kind; the first learns, by a rule of some kind."""
    learned = {"weights": np.full((4, 5), 0.4, kind), "ready": np.zeros(4, np.uint8), "low": 0.0,
               "high": 1.0, "norm": 2.0, "norm_squares": False, "norm_steps": False,
               "kept": 1.0}  # fmt: skip
    sees = np.array([[0, 1, -1], [2, 3, 4]], np.int32)
    shared = {"weights": np.full((2, 3), 0.2, kind), "rows": 2, "width": 3, "windows": 2,
              "sees": sees, "delays": np.array([[1, 2, 3], [1, 1, 4]], np.int64),
              "mask": np.ones((2, 3), np.uint8)}  # fmt: skip
    one = {"weights": np.ones(1, kind)}
    return [
        {"pre": 0, "post": 1, "delay": 0, "kind": 0, "rules": [rule(rules)], **learned},
        {"pre": 0, "post": 2, "kind": 0, **shared},
        {"pre": 1, "post": 2, "delay": 1, "kind": 1, **one},
        {"pre": 2, "post": 1, "delay": 2, "kind": 2, **one},
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
