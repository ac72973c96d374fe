r"""How far a spike moves a group of Spike-By-Spike neurons. Settings only.

Spike t of input s at output position p has the step size

.. math:: e = \epsilon_0\,\epsilon_t[t]\,\epsilon_{xy}(s, p)

and :math:`\epsilon_t` is 1 or :math:`(t+1)^{-1/2}`, divided by ``reduction`` from spike
``cooldown_after`` on.
"""

from typing import Annotated, Literal

from pydantic import Field

from snnrun.core.registry import Settings

MOST = 1e9  #: of a factor: products of several must stay finite in single precision

Schedule = Annotated[
    Literal["constant", "root"], Field(description="constant: 1; root: (t+1)^(-1/2)")
]
Reduction = Annotated[
    float, Field(ge=1 / MOST, le=MOST, description="divides step sizes during the cooldown")
]
Per = Annotated[
    Literal["none", "position", "offset"],
    Field(
        description="none: 1 everywhere; position: one for each output position; offset: one for "
        "each output position and place in the kernel, shared by the input channels"
    ),
]
Initial = Annotated[float, Field(gt=0, le=MOST, description="value before training")]
Threshold = Annotated[float, Field(ge=0, le=MOST, description="smallest value after an update")]
Spikes = Annotated[
    int, Field(ge=1, le=2**24, description="spikes that each group draws from its input")
]
Eps0 = Annotated[float, Field(gt=0, le=MOST, description="factor of every step size")]
Forgetting = Annotated[
    float, Field(ge=0, le=MOST, description="pull of every step towards equal activities, f")
]
Iterations = Annotated[
    int, Field(ge=0, description="iterations of the weights of the output positions; 0: none")
]
Floor = Annotated[float, Field(gt=0, le=MOST, description="keeps the weights of positions above 0")]
_JOINT = Field(
    description="draw the spikes once from the whole input of the layer and hand each to all "
    "groups that see it; false: each group draws its own"
)
_TRAINABLE = Field(description="whether it learns")
_MEAN = Field(description="replace it by its mean after every update")
_EPS_T = Field(description="step size against the number of the spike")
_EPS_XY = Field(description="step size against the place of the spike")


class EpsTSettings(Settings):
    """Step size against the number of the spike."""

    schedule: Schedule = "root"
    cooldown_after: Annotated[
        int | None, Field(ge=0, description="spikes before the cooldown; null: no cooldown")
    ] = None
    reduction: Reduction = 25.0


class EpsXYSettings(Settings):
    """Step size against the place of the spike; trained beside the weights if wanted."""

    per: Per = "none"
    initial: Initial = 1.0
    trainable: Annotated[bool, _TRAINABLE] = True
    mean: Annotated[bool, _MEAN] = False
    threshold: Threshold = 1e-5
    lr: Annotated[float | None, Field(gt=0, description="learning rate; null: the optimiser's")] = (
        None
    )


class InferenceSettings(Settings):
    """The constants of inference, for all layers."""

    spikes: Spikes = 1600
    eps_0: Eps0 = 1.0
    eps_t: Annotated[EpsTSettings, _EPS_T] = EpsTSettings()
    eps_xy: Annotated[EpsXYSettings, _EPS_XY] = EpsXYSettings()
    forgetting: Forgetting = 0.0
    joint_spikes: Annotated[bool, _JOINT] = False
    alpha_iterations: Iterations = 0
    alpha_floor: Floor = 1e-20
