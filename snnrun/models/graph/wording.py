"""A graph in words, for people: its groups, its synapses, the order of its steps."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snnrun.models.graph.neurons import NEURONS, GroupSettings
from snnrun.models.graph.order import ordered
from snnrun.models.graph.rule_settings import PlasticitySettings
from snnrun.models.graph.rules import PLASTICITY
from snnrun.models.graph.synapse_settings import SynapsesSettings, WeightedSettings
from snnrun.models.graph.synapses import SYNAPSES

if TYPE_CHECKING:
    from snnrun.models.graph.settings import GraphSettings

#: Constants of a group that a figure has room for, and those that a table has, in this order.
_FEW = ("tau", "decay", "threshold", "plus")
_MOST = ("tau", "decay", "gain", "rest", "reset", "threshold", "refractory", "plus", "tau_theta")


def group_words(
    group: GroupSettings, shape: tuple[int, ...], constants: Sequence[str] = _FEW
) -> list[str]:
    """Return kind, size and the constants that matter, a line each."""
    own = group.model_dump()
    decays = own.get("decay") is not None
    known = [key for key in constants if own.get(key) is not None and not (decays and key == "tau")]
    lines = [f"{NEURONS.name_of(group)}, {shape_words(shape)}"]
    if known:
        lines.append(", ".join(f"{key} {_number(own[key])}" for key in known))
    return lines + (["one winner a step"] if own.get("one_winner") else [])


def shape_words(shape: tuple[int, ...]) -> str:
    """Return the size of a group, or its axes.

    Example:
        >>> shape_words((1600,)), shape_words((1, 28, 28))
        ('1,600', '1 x 28 x 28')
    """
    return " x ".join(f"{each:,}" for each in shape)


def delay_words(synapses: SynapsesSettings) -> str:
    """Return the delay of synapses, or from where to where delays reach."""
    delay = synapses.delay
    return str(delay) if isinstance(delay, int) else f"{delay.low} to {delay.high}"


def _number(constant: object) -> str:
    """Return a constant; where there is one for each neuron, from where to where they reach."""
    if isinstance(constant, tuple | list):
        return f"{min(constant):g} to {max(constant):g}"
    return f"{constant:g}"


def synapse_words(synapses: SynapsesSettings) -> list[str]:
    """Return kind, delay, weight, rules, bounds and normalisation, a line each."""
    lines = [f"{SYNAPSES.name_of(synapses)}, delay {delay_words(synapses)}"]
    if not isinstance(synapses, WeightedSettings):
        weight = getattr(synapses, "weight", None)
        return lines + ([] if weight is None else [f"weight {weight:g}"])
    if synapses.rules:
        lines.append(" + ".join(map(rule_words, synapses.rules)))
    low, high = ("none" if each is None else f"{each:g}" for each in synapses.bounds)
    if synapses.bounds != (None, None):
        lines.append(f"bounds {low} to {high}")
    if synapses.normalise is not None:
        kind = {"magnitudes": "L1", "squares": "L2"}[synapses.normalise.of]
        lines.append(f"{kind} {synapses.normalise.to:g}")
    return lines


def rule_words(rule: PlasticitySettings) -> str:
    """Return the name of a rule and its learning rates.

    Example:
        >>> from snnrun.models.graph.rules import PairSettings
        >>> rule_words(PairSettings())
        'pair 0.0001, 0.01'
    """
    rates = rule.model_dump().get("nu", ())
    told = ", ".join(f"{each:g}" for each in (rates if isinstance(rates, tuple) else (rates,)))
    return f"{PLASTICITY.name_of(rule)} {told}".rstrip()


def graph_words(
    settings: "GraphSettings", inputs: int | tuple[int, ...]
) -> Iterator[tuple[str, str, str]]:
    """Yield rows of what, name and description: groups, synapses, and the order of steps."""
    shapes = settings.shapes(inputs)
    for name, group in settings.neurons.items():
        trace = f"trace {group.trace.mode}, tau {group.trace.tau:g}" if group.trace else "no trace"
        yield "group", name, "; ".join([*group_words(group, shapes[name], _MOST), trace])
    for edge in settings.edges():
        yield "synapses", edge.key, "; ".join(synapse_words(edge.synapses))
    edges = [(each.pre, each.post, each.synapses.shortest) for each in settings.edges()]
    yield "steps", " > ".join(ordered(list(settings.neurons), edges)), "at each step, in this order"
