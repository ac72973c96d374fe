"""Diehl & Cook's network in Brian2, compiled to a C++ program: what its experts write.

Traces and sums stand at neurons and at a group of one neuron, the hub, so that synapses keep their
weights alone. No pathway has a delay: what a spike brings behind a step is received in the next
one. Of all neurons that cross their threshold one spikes, by lot. Equations are those of a step,
exact, in float32; weights are normalised before each sample.
"""

from tempfile import TemporaryDirectory
from typing import Any

import brian2 as b2
import numpy as np

STEPS, NEVER = 250, -(10**6)
STEP = STEPS * b2.ms
AT_BEGIN = {"dt": STEP, "when": "start"}  # of each sample
CONSTANTS = {"LEAK_E": np.exp(-1 / 100), "LEAK_I": np.exp(-1 / 10), "FADE": np.exp(-1 / 20)}
GAP = "int(clip(-log(rand()) * mean_gap, 0, 1e6))"  # silent steps between spikes of an input


class Program:
    """The network, and the program that it becomes; each call runs it on from where it was.

    Args:
        chances: those of a first call, ``[samples, inputs]``: of a spike of each input at a step.
        weights: ``[inputs, neurons]``.

    seconds: what the loops over steps took in all calls, by the program's own clock; its start and
        the files that it reads and writes are left out.
    """

    def __init__(self, chances: Any, weights: Any) -> None:
        self.folder, self.seconds, self.samples = TemporaryDirectory(), 0.0, len(chances)
        b2.prefs.core.default_float_dtype = np.float32
        b2.set_device("cpp_standalone", directory=self.folder.name, build_on_run=False)
        b2.defaultclock.dt = 1 * b2.ms
        shown = b2.TimedArray(chances, dt=STEP, name="shown")
        inputs, neurons = weights.shape
        x, e, i, hub = input_group(inputs), excitatory(neurons), inhibitory(neurons), hub_group()
        e.best, e.inhibition = b2.linked_var(hub, "best"), b2.linked_var(hub, "inhibition")
        learned = learning(x, e)
        self.spikes = b2.SpikeMonitor(e, record=False)
        between = [lottery(e, hub), *inhibition(e, i, hub)]
        learned.w, e.theta = 0, 0
        b2.device.apply_run_args()
        net = b2.Network(x, e, i, hub, learned, *between, self.spikes)
        net.run(self.samples * STEP, namespace={"shown": shown, **CONSTANTS})
        b2.device.build(directory=self.folder.name, compile=True, run=False)
        self.places = shown, learned.w, e.theta
        self.state = weights.ravel(), np.zeros(neurons)

    def __call__(self, chances: Any) -> float:
        """Learn from samples; return the mean of their spikes."""
        given = dict(zip(self.places, (chances, *self.state), strict=True))
        b2.device.run(run_args=given, with_output=False)
        self.seconds += b2.device._last_run_time
        _, w, theta = self.places
        self.state = w[:], theta[:]
        return float(self.spikes.num_spikes) / self.samples


def input_group(size: int) -> Any:
    """Return inputs, which know when they spike next: as often as by chance at every step."""
    made = b2.NeuronGroup(
        size,
        "mean_gap : 1\ndue : integer\nlast : integer",
        threshold="t_in_timesteps == due",
        reset=f"last = t_in_timesteps; due = t_in_timesteps + 1 + {GAP}",
    )
    first = f"mean_gap = -1 / (log1p(-shown(t, i)) - 1e-9); due = t_in_timesteps + {GAP}"
    made.run_regularly(f"last = {NEVER}; {first}", **AT_BEGIN)
    early(made.resetter["spike"], 4)
    return made


def excitatory(size: int) -> Any:
    """Return neurons that adapt, one of which spikes: that with the highest lot of those above."""
    made = b2.NeuronGroup(
        size,
        """v : 1
        theta : 1
        y : 1
        excitation : 1
        spared : 1
        closed : integer
        lot : 1
        total : 1
        best : 1 (linked)
        inhibition : 1 (linked)""",
        events={"crossing": "v >= -52 + theta"},
        threshold="lot > 0 and lot == best",
        reset="y = 1",
    )
    silent = "v = -65; y = 0; excitation = 0; spared = 0; closed = 0; total = 0"
    made.run_regularly(silent, **AT_BEGIN)
    made.run_regularly(
        """received = excitation + spared - inhibition
        v = LEAK_E * (v + 65) - 65 + received * int(closed <= 0)
        closed -= 1
        excitation = 0
        spared = 0
        lot = 0
        y *= FADE""",
        when="groups",
    )
    crossed = "v = -60; closed = 5; theta += 0.05; lot = 1 - rand()"
    made.run_on_event("crossing", crossed, when="thresholds", order=1)
    made.thresholder["spike"].order = 3
    early(made.resetter["spike"], 4)
    return made


def inhibitory(size: int) -> Any:
    """Return neurons without learning."""
    made = b2.NeuronGroup(
        size,
        "u : 1\nexcitation : 1\nclosed : integer",
        threshold="u >= -40",
        reset="u = -45; closed = 2",
    )
    made.run_regularly("u = -60; excitation = 0; closed = 0", **AT_BEGIN)
    made.run_regularly(
        """u = LEAK_I * (u + 60) - 60 + excitation * int(closed <= 0)
        closed -= 1
        excitation = 0""",
        when="groups",
    )
    return made


def hub_group() -> Any:
    """Return one neuron, for sums and maxima over others."""
    made = b2.NeuronGroup(1, "best : 1\ninhibition : 1")
    made.run_regularly("best = 0; inhibition = 0", when="groups", order=1)
    return made


def learning(x: Any, e: Any) -> Any:
    """Return the synapses that learn; potentiation comes first, and traces before both."""
    made = b2.Synapses(
        x,
        e,
        "w : 1",
        on_pre="w = clip(w - 1e-4 * y_post, 0, 1); excitation_post += w",
        on_post="w = clip(w + 1e-2 * exp((last_pre - t_in_timesteps) / 20), 0, 1)",
    )
    made.connect()
    made.post.order = -1
    made.run_regularly("total_post += w", order=1, **AT_BEGIN)
    made.run_regularly("w *= 78.4 / total_post", order=2, **AT_BEGIN)
    return made


def lottery(e: Any, hub: Any) -> Any:
    """Return what finds the highest lot of a step."""
    higher = "best_post += (lot_pre - best_post) * int(lot_pre > best_post)"
    made = b2.Synapses(e, hub, on_pre={"crossed": higher}, on_event={"crossed": "crossing"})
    made.connect()
    early(made.crossed, 2)
    return made


def inhibition(e: Any, i: Any, hub: Any) -> tuple[Any, Any, Any]:
    """Return how each neuron inhibits all others: a sum for all, less what came of its own."""
    to_i = b2.Synapses(e, i, on_pre="excitation_post += 22.5")
    to_i.connect(j="i")
    to_all = b2.Synapses(i, hub, on_pre="inhibition_post += 120")
    to_all.connect()
    own = b2.Synapses(i, e, on_pre="spared_post += 120")
    own.connect(j="i")
    return to_i, to_all, own


def early(what: Any, order: int) -> None:
    """Let something happen among the thresholds of a step, in an order."""
    what.when, what.order = "thresholds", order
