"""The kernels that are timed, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from snnrun.core.registry import near
from snnrun.errors import ConfigError

if TYPE_CHECKING:
    from snnrun.studies.bench.work import Work


@dataclass(frozen=True)
class Kernel:
    """An entry of the table.

    target: ``"module:function"`` that is told whether the input is to be large, and makes the work.
    summary: what is computed.
    """

    target: str
    summary: str

    def work(self, large: bool) -> "Work":
        """Make a call of it and of its twin."""
        module, _, name = self.target.partition(":")
        return cast("Work", getattr(import_module(f"{__package__}.{module}"), name)(large))


KERNELS = {
    "lif_sequence": Kernel("lif:sequence_work", "LIF neurons and their gradient"),
    "lif_scan": Kernel("lif:scan_work", "LIF neurons with rates and summed surrogate derivatives"),
    "spike_counts": Kernel("lif:counts_work", "spikes, silent and saturated neurons, counted"),
    "sparse_product": Kernel("products:sparse_work", "x W and x^T D of an x that is mostly zeros"),
    "narrow_product": Kernel("products:narrow_work", "x W of few columns, and its gradients"),
    "first_spike_equal": Kernel(
        "first_spike:equal_work", "first spikes and gradient, tau_mem = tau_syn"
    ),
    "first_spike_double": Kernel(
        "first_spike:double_work", "first spikes and gradient, tau_mem = 2 tau_syn"
    ),
    "lambertw": Kernel("first_spike:lambertw_work", "Lambert W and its derivative"),
    "sbs": Kernel("sbs:forward_work", "Spike-By-Spike: spikes drawn, and h after them"),
    "sbs_gradient": Kernel("sbs:gradient_work", "Spike-By-Spike: gradients on input and weights"),
    "uniform": Kernel("random:uniform_work", "counted uniform numbers"),
    "normal": Kernel("random:normal_work", "counted normal numbers"),
    "bernoulli": Kernel("random:bernoulli_work", "counted spikes by chance"),
    "intervals": Kernel("random:intervals_work", "counted spikes at random intervals"),
    "graph": Kernel("graph:work", "Diehl & Cook's graph, learning by STDP"),
}


def chosen(names: Iterable[str]) -> dict[str, Kernel]:
    """Return the kernels of these names, all if there are none; several may stand between commas.

    Raises:
        ConfigError: there is no such kernel.

    Example:
        >>> list(chosen(["sbs,uniform", "lambertw"]))
        ['sbs', 'uniform', 'lambertw']
    """
    asked = [name.strip() for each in names for name in each.split(",")]
    for name in asked:
        if name not in KERNELS:
            guess = near(name, KERNELS)
            hint = f"did you mean {guess!r}? known:" if guess else "known:"
            raise ConfigError(f"bench: unknown kernel {name!r}; {hint} {', '.join(KERNELS)}")
    return {name: KERNELS[name] for name in asked or KERNELS}
