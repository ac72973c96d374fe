"""Do the rules at synapses read what signals tell? Known from their settings, without torch."""

from collections.abc import Collection, Mapping

from snnrun.core.paths import dotted
from snnrun.core.registry import near
from snnrun.learning.correlation.signal_settings import GroupSignalSettings, SignalSettings
from snnrun.models.graph.rules import PLASTICITY
from snnrun.models.graph.settings import GraphSettings


def check_signals(
    signals: Mapping[str, SignalSettings], readout: str, model: GraphSettings
) -> None:
    """Refuse rules that wait for what nobody tells, and signals that are for nobody.

    Args:
        signals: by name.
        readout: the group of those that name none.
        model: that is told.

    Raises:
        ValueError: naming the first.
    """
    told = [name for name, signal in signals.items() if signal.told]
    read: dict[str, str] = {}
    for edge in model.edges():
        for index, rule in enumerate(edge.rules if not edge.frozen else ()):
            for name in rule.reads:
                read.setdefault(name, edge.key)
                if name not in told:
                    where = dotted(("model", "synapses", edge.key, "rules", index))
                    raise ValueError(
                        f"signals: {where}: {PLASTICITY.name_of(rule)} reads the signal {name!r}, "
                        f"which nobody tells; {_hint(name, told, 'learning.signals tells')}"
                    )
    for name in told:
        if name not in read:
            key = dotted(("signals", name))
            raise ValueError(f"{key}: no rule reads it; {_hint(name, read, 'they read')}")
    _check_clamps(signals, readout)


def _check_clamps(signals: Mapping[str, SignalSettings], readout: str) -> None:
    """Refuse two signals that act on the spikes of one group."""
    known: dict[str, str] = {}
    for name, signal in signals.items():
        if not signal.told and isinstance(signal, GroupSignalSettings):
            group = signal.group or readout
            if group in known:
                key = dotted(("signals", name))
                raise ValueError(f"{key}: acts on {group}, as {known[group]} does")
            known[group] = name


def _hint(name: str, known: Collection[str], what: str) -> str:
    guess = near(name, known)
    return f"did you mean {guess!r}?" if guess else f"{what}: {', '.join(known) or 'none'}"
