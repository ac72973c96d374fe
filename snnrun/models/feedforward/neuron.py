r"""What a config may say about the neurons of a feed-forward network. Times are in steps.

.. math:: H_t = r + b\,(V_{t-1} - r) + k\,I_t, \qquad S_t = [H_t \ge \vartheta]

b is ``decay``, or :math:`1 - 1 / \tau`; k is 1, or :math:`1 - b` if the input decays too. The other
equations stand in :mod:`snnrun.kernels.lif.sequence_reference`. Settings only.
"""

import math
from typing import Annotated, Literal

from pydantic import Field

from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.kernels.lif.surrogates import SURROGATES, ArctanSettings, SurrogateSettings

Tau = Annotated[
    float,
    Field(
        ge=1,
        allow_inf_nan=True,
        description="membrane time constant, steps: the membrane keeps 1 - 1 / tau; .inf: no leak",
    ),
]
Decay = Annotated[float, Field(ge=0, le=1, description="what a step leaves of the membrane")]
CurrentDecay = Annotated[
    float, Field(ge=0, le=1, description="what a step leaves of the synaptic current")
]
DecayInput = Annotated[
    bool, Field(description="whether input counts 1 - decay, and not 1; steady input then stays")
]
Threshold = Annotated[float, Field(gt=0, description="membrane at which a neuron spikes")]
Membrane = Annotated[float, Field(description="membrane after a spike, where the reset sets it")]
Rest = Annotated[float, Field(description="where the membrane begins, and leaks to")]
Reset = Annotated[
    Literal["set", "subtract", "none"],
    Field(description="what a spike does: set to v_reset, subtract the threshold, or nothing"),
]
Detach = Annotated[bool, Field(description="whether the reset passes no gradient to the spike")]
Delayed = Annotated[bool, Field(description="whether the reset acts at the next step, detached")]
Strict = Annotated[bool, Field(description="whether the threshold must be exceeded, not reached")]
Adaptation = Annotated[
    float, Field(ge=0, description="what each spike adds to the threshold, for a while; 0: nothing")
]
AdaptationDecay = Annotated[
    float, Field(ge=0, le=1, description="what a step leaves of what spikes added to the threshold")
]
LearnTau = Annotated[
    bool, Field(description="learn one time constant a layer, 1 / tau = sigmoid(w)")
]
LearnThreshold = Annotated[bool, Field(description="learn one threshold a layer")]
_PSI = Field(description="what learning takes for the derivative of a spike by the membrane")
Surrogate = Annotated[SurrogateSettings, named(SURROGATES, "arctan"), _PSI]


class NeuronSettings(Settings):
    """A leaky integrate-and-fire neuron."""

    tau: Tau = 2.0
    decay: Annotated[
        Decay | None, Field(description="what a step leaves of the membrane; null: 1 - 1 / tau")
    ] = None
    current_decay: CurrentDecay = 0.0
    decay_input: DecayInput = False
    threshold: Threshold = 1.0
    reset: Reset = "set"
    v_reset: Membrane = 0.0
    rest: Rest = 0.0
    detach: Detach = False
    delayed: Delayed = False
    strict: Strict = False
    adaptation: Adaptation = 0.0
    adaptation_decay: AdaptationDecay = 0.9
    learn_tau: LearnTau = False
    learn_threshold: LearnThreshold = False
    surrogate: Surrogate = ArctanSettings(sharpness=math.pi)

    @property
    def membrane_decay(self) -> float:
        """What a step leaves of the membrane.

        Example:
            >>> NeuronSettings(tau=4.0).membrane_decay, NeuronSettings(decay=0.5).membrane_decay
            (0.75, 0.5)
        """
        return 1 - 1 / self.tau if self.decay is None else self.decay

    @property
    def parameters(self) -> int:
        """How many numbers of a layer of such neurons learn.

        Raises:
            ValueError: one is to learn that cannot; the text begins with the key to blame.
        """
        if self.learn_tau and not 0 < self.membrane_decay < 1:
            raise ValueError(
                f"learn_tau: needs a decay between 0 and 1 to begin with, got {self.membrane_decay}"
            )
        return self.learn_tau + self.learn_threshold


class NeuronChanges(Settings):
    """What differs from the network's neuron; null: nothing."""

    tau: Annotated[Tau | None, Field(description="membrane time constant, steps")] = None
    decay: Annotated[
        Decay | None, Field(description="what a step leaves of the membrane; goes before tau")
    ] = None
    current_decay: Annotated[
        CurrentDecay | None, Field(description="what a step leaves of the synaptic current")
    ] = None
    decay_input: Annotated[
        DecayInput | None, Field(description="whether input counts 1 - decay, and not 1")
    ] = None
    threshold: Annotated[
        Threshold | None, Field(description="membrane at which a neuron spikes")
    ] = None
    reset: Annotated[Reset | None, Field(description="what a spike does to the membrane")] = None
    v_reset: Annotated[Membrane | None, Field(description="membrane after a spike")] = None
    rest: Annotated[Rest | None, Field(description="where the membrane leaks to")] = None
    detach: Annotated[Detach | None, Field(description="whether the reset passes no gradient")] = (
        None
    )
    delayed: Annotated[
        Delayed | None, Field(description="whether the reset acts at the next step")
    ] = None
    strict: Annotated[
        Strict | None, Field(description="whether the threshold must be exceeded")
    ] = None
    adaptation: Annotated[
        Adaptation | None, Field(description="what each spike adds to the threshold, for a while")
    ] = None
    adaptation_decay: Annotated[
        AdaptationDecay | None, Field(description="what a step leaves of the adaptation")
    ] = None
    learn_tau: Annotated[LearnTau | None, Field(description="learn a time constant")] = None
    learn_threshold: Annotated[LearnThreshold | None, Field(description="learn a threshold")] = None
    surrogate: Annotated[Annotated[SurrogateSettings, named(SURROGATES)] | None, _PSI] = None

    def neuron(self, network: NeuronSettings) -> NeuronSettings:
        """Return the neuron of the layer."""
        names = NeuronSettings.model_fields
        own = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if "tau" in own:  # a decay of the network says nothing about a time constant of the layer
            own.setdefault("decay", None)
        return NeuronSettings(**({name: getattr(network, name) for name in names} | own))
