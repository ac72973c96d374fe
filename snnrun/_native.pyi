"""Compiled kernels. Arrays are C-contiguous and of one type, float32 or float64, in each call."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32] | NDArray[np.float64]

surrogates: tuple[str, ...]
"""Names of the surrogate derivatives of lif_scan, by their numbers."""

def cpu_level() -> str:
    """The instruction set in use: baseline, avx2 or avx512; SNNRUN_CPU chooses one."""

def keep_own_threads() -> None:
    """Leave the threads of torch alone: those of a process that was forked are gone."""

class FirstSpikePlan:
    """What a first-spike forward pass leaves for the backward pass."""

def first_spike_forward(
    arrivals: _Floats,  # [batch, pre] or [batch, pre, post]
    weights: _Floats,  # [pre, post]
    level: float | _Floats,  # number or [batch, post]
    nominal: float | _Floats,
    tau_syn: float,
    ratio: int,
    threads: int,
) -> tuple[NDArray[Any], FirstSpikePlan]:
    """First spike times [batch, post], inf = none, and the plan."""

def first_spike_plan(
    arrivals: _Floats,
    weights: _Floats,
    times: _Floats,  # [batch, post]
    nominal: float | _Floats,
    tau_syn: float,
    ratio: int,
    threads: int,
) -> FirstSpikePlan:
    """The plan for spike times from elsewhere."""

def first_spike_backward(
    plan: FirstSpikePlan,
    upstream: _Floats,  # [batch, post]
    max_dw_norm: float,  # inf = off
    want_arrivals: bool,
    want_weights: bool,
    threads: int,
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """dL/darrivals and dL/dweights, each None unless wanted."""

def lambertw(z: _Floats, branch: int, threads: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """W(z) and dW/dz on branch 0 or -1."""

def counted_words(
    key: int,
    samples: NDArray[np.int64],  # [samples], not negative
    count: int,
    kind: int,  # kernels.random.reference.Kind
    threads: int,
) -> NDArray[np.uint32]:
    """Random words [samples, count]."""

def counted_uniform(
    key: int, samples: NDArray[np.int64], count: int, threads: int
) -> NDArray[np.float32]:
    """Numbers [samples, count] in [0, 1)."""

def counted_normal(
    key: int, samples: NDArray[np.int64], count: int, threads: int
) -> NDArray[np.float32]:
    """Standard normal numbers [samples, count]."""

def counted_bernoulli(
    key: int,
    chances: _Floats,  # [samples, n], from 0 to 1
    samples: NDArray[np.int64],
    steps: int,
    threads: int,
) -> NDArray[Any]:
    """Spikes [steps, samples, n], 0 or 1, of the type of the chances."""

class SparseFloat:
    """A matrix x of few elements that are not zero."""

    def product(self, right: _Floats, out: _Floats, threads: int) -> None:
        """out = x right."""

    def transposed_product(self, right: _Floats, out: _Floats, threads: int) -> None:
        """out = x^T right."""

class SparseDouble(SparseFloat):
    """The same in double precision."""

def sparse(x: _Floats, share: float) -> SparseFloat | SparseDouble | None:
    """x in sparse form; None if more than this share of it is not zero."""

def narrow_product(
    x: _Floats,  # [rows, inputs]
    weights: _Floats,  # [units, inputs], at most 16 units
    threads: int,
) -> NDArray[Any]:
    """x W^T, [rows, units]."""

def narrow_gradient(
    x: _Floats,
    weights: _Floats,
    signal: _Floats,  # [rows, units]
    want_x: bool,
    want_weights: bool,
    threads: int,
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """signal W and signal^T x, each None unless wanted."""

def lif_scan(
    current: _Floats,  # [time, batch, neurons], or [batch, neurons] if constant
    steps: int,
    neuron: tuple[float, float, float, int, int, float, bool],  # as kernels.lif.reference.Neuron
    step_weights: _Floats | None,  # [time]
    readout: _Floats | None,  # [neurons, units]
    late: int,
    constant: bool,
    backwards: bool,
    wanted: tuple[bool, bool, bool, bool, bool, bool],  # spikes ... bits, as kernels.lif.scan
    threads: int,
) -> tuple[Any, ...]:
    """What was wanted, as kernels.lif.Pass has it; then spikes, silent and saturated neurons."""

_Lists = tuple[NDArray[np.int64], NDArray[np.int32]]  # starts [samples, steps + 1], places

def counted_intervals(
    key: int,
    samples: NDArray[np.int64],
    levels: NDArray[np.int32],  # [samples, n]; negative: never a spike
    limits: NDArray[np.uint32],  # [levels, steps]
    guide: NDArray[np.uint32],  # [levels, 256]
    threads: int,
) -> _Lists:
    """Spikes at random intervals."""

class GraphFloat:
    """A graph that learns within a sample; models/graph/engine.py makes the maps."""

    def __init__(self, groups: list[dict[str, Any]], synapses: list[dict[str, Any]]) -> None: ...
    def refresh(self) -> None:
        """Take in weights that were changed from outside."""

    def run(
        self,
        inputs: list[_Lists],  # of each input group
        words: NDArray[np.uint32],  # [samples, steps]
        learning: bool,
        wanted: list[int],
        watched: int,
        fewest: int,
        threads: int,
        # float64 [samples, steps], nan where nothing is told; or what a reward is for
        signals: list[NDArray[np.float64] | dict[str, Any]] = [],
        clamps: dict[int, NDArray[np.int8]] = {},  # of groups, [samples, steps, neurons]
    ) -> tuple[int, list[_Lists]]:
        """Run samples; returns how many, and the spikes of the wanted groups."""

    def begin(self, learning: bool) -> None:
        """Begin an episode: a sample, the steps of which come in portions."""

    def go_on(
        self,
        inputs: list[_Lists],  # of one sample
        words: NDArray[np.uint32],  # [1, steps]
        told: list[float],  # each signal of the step before, nan where there is none
        wanted: list[int],
    ) -> list[_Lists]:
        """Run its next steps, once rules are told of the step before; returns spikes."""

    def end(self, told: list[float]) -> None:
        """End it; rules are told of its last step."""

    def traces(self, group: int) -> _Floats | None:
        """Traces behind the last step that taught, without a copy; None before any."""

    def membranes(self, group: int) -> _Floats | None:
        """Membranes, likewise."""

class GraphDouble(GraphFloat):
    """The same in double precision."""

def spike_counts(spikes: _Floats, threads: int) -> tuple[float, int, int]:
    """Spikes of [time, ...], neurons without a spike, and neurons with one at every step."""

def felt_membranes(
    membranes: _Floats,
    surrogate: int,
    threshold: float,
    sharpness: float,
    level: float,
    threads: int,
) -> int:
    """How many membranes feel a surrogate derivative above a level, a share of its height."""

_Constant = float | _Floats  # for all neurons, or one for each of a step
_Choices = tuple[int, bool, bool, bool, bool, bool, int, float, float]  # as sequence_call
_Constants = tuple[_Constant, ...]  # 8, in the order of sequence_call.CONSTANTS

def lif_sequence(
    x: NDArray[Any],  # [time, ...], or [...] if constant; uint16: the bits of bfloat16
    steps: int,
    constant: bool,
    choices: _Choices,
    constants: _Constants,
    state: tuple[_Constant, _Constant, _Constant, _Constant],  # membrane, current, adapted, fired
    spikes: bool,
    membranes: bool,
    distances: bool,
    final: bool,
    threads: int,
) -> tuple[Any, ...]:
    """Spikes, membranes, the four parts of the state after, and how far membranes are above their
    thresholds; each None unless wanted."""

def lif_sequence_gradient(
    x: NDArray[Any],
    steps: int,
    constant: bool,
    choices: _Choices,
    constants: _Constants,
    state: tuple[_Constant, _Constant, _Constant, _Constant],
    on_spikes: NDArray[Any] | None,  # [time, ...], as x
    on_membranes: NDArray[Any] | None,
    on_membrane: _Floats | None,  # [...], on the state after the last step
    on_current: _Floats | None,
    on_adapted: _Floats | None,
    psi: NDArray[Any] | None,  # [time, ...], surrogate derivatives in place of those of the layer
    want_x: bool,
    want_state: bool,
    want_constants: tuple[bool, ...],
    threads: int,
) -> tuple[Any, ...]:
    """Gradients on x, first membrane, current and adaptation; and a tuple of those on constants."""

def readout_gradient(
    bits: NDArray[np.uint32],  # [rows, words]
    signal: _Floats,  # [rows, units]
    out: _Floats,  # [neurons, units]
    threads: int,
) -> None:
    """out = S^T signal for spikes S as bits."""

_Pair = tuple[int, int]
_Geometry = tuple[_Pair, _Pair, _Pair, _Pair]  # as kernels.sbs_geometry.Geometry
# key, samples [batch] or None for 0, 1, 2, ..., joint (kernels.sbs.draw.Draw); or spikes
# [populations, steps], -1 ends them
_Source = tuple[int, NDArray[np.int64] | None, bool] | NDArray[np.int64]

def sbs_forward(
    x: NDArray[np.float32],  # [batch, channel, height, width], any strides
    weights: NDArray[np.float32],  # [inputs, neurons]
    geometry: _Geometry,
    source: _Source,
    eps_t: NDArray[np.float32],  # [steps], with eps_0
    eps_xy: NDArray[np.float32],  # [places, 1 or inputs]
    forgetting: float,
    threads: int,
) -> NDArray[np.float32]:
    """h [batch, X, Y, neurons] after all spikes."""

def sbs_pooling(
    x: NDArray[np.float32],
    geometry: _Geometry,
    source: _Source,
    eps_t: NDArray[np.float32],
    eps_xy: NDArray[np.float32],
    forgetting: float,
    threads: int,
) -> NDArray[np.float32]:
    """h [batch, X, Y, channels] of SbS pooling."""

def sbs_spikes(
    x: NDArray[np.float32], geometry: _Geometry, source: _Source, steps: int, threads: int
) -> NDArray[np.int64]:
    """The spikes [populations, steps], -1 after the last one."""

def sbs_gradient(
    x: NDArray[np.float32],
    weights: NDArray[np.float32],
    geometry: _Geometry,
    h: NDArray[np.float32],  # [populations, neurons]
    upstream: NDArray[np.float32],  # [populations, neurons]
    phi: NDArray[np.float32] | None,  # [places, inputs]; None: 1
    wanted: tuple[bool, bool, bool],
    threads: int,
) -> tuple[Any, ...]:
    """dL/dx [batch, height, width, channels], dL/dweights, I Q [populations, inputs], or None."""
