"""What the compiled engine is told of rules; see :mod:`.described`."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.described import CONNECTIONS, LONGEST, Told
from snnrun.models.graph.fede_rule import Fede
from snnrun.models.graph.images import Conv2d
from snnrun.models.graph.network import Edge
from snnrun.models.graph.plasticity import (
    Hebbian,
    Pair,
    PairRule,
    Plasticity,
    PowerLaw,
    WeightDependent,
)
from snnrun.models.graph.reward import MSTDP, MSTDPET, Reward, TracedReward
from snnrun.models.graph.triplet import Triplet

PAIR, WEIGHT_DEPENDENT, HEBBIAN, POWER, TRIPLET, MSTDP_KIND, MSTDPET_KIND, TRACED, FEDE = range(
    1, 10
)


def rule_told(rule: Plasticity, synapses: Weighted, dt: float, signals: Sequence[str]) -> Told:
    """Return what the engine is told of a rule.

    Args:
        rule: of a kind that :data:`RULES` has.
        synapses: that learn.
        dt: length of a step, ms.
        signals: names of all rewards, in the order in which the engine is told them.
    """
    told = RULES[type(rule)](rule, synapses, dt)
    if isinstance(rule, Reward):
        told["signal"] = signals.index(rule.reward)
        if rule.baseline is not None:
            told |= {"baseline": rule.baseline, "average": rule.average.numpy()}
    return told


def _pair(kind: int) -> Callable[[PairRule, Weighted, float], Told]:
    return lambda rule, synapses, dt: {"kind": kind, "nu_pre": rule.nu[0], "nu_post": rule.nu[1]}


def _power(rule: PowerLaw, synapses: Weighted, dt: float) -> Told:
    return {"kind": POWER, "nu_post": rule.nu, "x_target": rule.x_target, "mu": rule.mu}


def _triplet(rule: Triplet, synapses: Weighted, dt: float) -> Told:
    return {
        "kind": TRIPLET,
        "nu_pre": rule.nu_pre,
        "nu_post": rule.nu_pair,
        "nu_slow": rule.nu_triplet,
        **_trace("pre", rule.tau_pre, dt, adds=rule.adds),
        **_trace("post", rule.tau_post, dt, adds=rule.adds),
        **_trace("slow", rule.tau_slow, dt, adds=rule.adds),
    }


def _mstdp(rule: MSTDP, synapses: Weighted, dt: float) -> Told:
    return {
        "kind": MSTDP_KIND,
        "nu_post": rule.nu,
        "lag": rule.lag,
        **_trace("pre", rule.tau_plus, dt, amount=rule.a_plus),
        **_trace("post", rule.tau_minus, dt, amount=rule.a_minus),
    }


def _mstdpet(rule: MSTDPET, synapses: Weighted, dt: float) -> Told:
    eligible = {"keep": math.exp(-dt / rule.tau), "over": rule.tau, "scale": dt}
    return {**_mstdp(rule, synapses, dt), "kind": MSTDPET_KIND, **eligible}


def _traced(rule: TracedReward, synapses: Weighted, dt: float) -> Told:
    places = synapses.places if isinstance(synapses, Conv2d) else 1
    return {
        "kind": TRACED,
        "nu_post": rule.nu,
        "nu_pair": rule.a_pre,
        "nu_pre": rule.a_post,
        "keep": rule.decay,
        "scale": 1 / places,
    }


def _fede(rule: Fede, synapses: Weighted, dt: float) -> Told:
    return {"kind": FEDE, "nu_post": rule.nu, "center": rule.center, "a": rule.a}


def _trace(name: str, tau: float, dt: float, *, amount: float = 1.0, adds: bool = True) -> Told:
    return {
        f"{name}_decay": math.exp(-dt / tau),
        f"{name}_amount": amount,
        f"{name}_adds": adds,
    }


RULES: dict[type[Plasticity], Callable[[Any, Weighted, float], Told]] = {
    Pair: _pair(PAIR),
    WeightDependent: _pair(WEIGHT_DEPENDENT),
    Hebbian: _pair(HEBBIAN),
    PowerLaw: _power,
    Triplet: _triplet,
    MSTDP: _mstdp,
    MSTDPET: _mstdpet,
    TracedReward: _traced,
    Fede: _fede,
}


def known(edge: Edge) -> bool:
    """Whether the engine knows synapses and all their rules."""
    synapses = edge.synapses
    if type(synapses) not in CONNECTIONS or not all(type(rule) in RULES for rule in edge.rules):
        return False
    if synapses.longest > LONGEST:
        return False
    shared = isinstance(synapses, Conv2d) and any(isinstance(rule, Fede) for rule in edge.rules)
    averages = [rule.average for rule in edge.rules if getattr(rule, "baseline", None) is not None]
    return not shared and all(average.dtype == torch.float64 for average in averages)
