"""Every encoder that an experiment can name: from the values of samples to spikes.

A new one is a file with an encoder, its settings in ``settings.py`` or ``train_settings.py``, and a
line here.
"""

from typing import TYPE_CHECKING

from snnrun.core.capabilities import InputKind, Values
from snnrun.core.registry import Entry, Table
from snnrun.encoders.settings import (
    DeltaSettings,
    EncoderSettings,
    GivenSettings,
    LatencySettings,
    OnOffSettings,
    PixelsSettings,
    RateSettings,
)
from snnrun.encoders.train_settings import (
    BernoulliSettings,
    LatencyStepsSettings,
    PoissonIntervalsSettings,
    PoissonSettings,
    PopulationSettings,
    RankOrderSettings,
    SingleSettings,
)

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from snnrun.encoders.encoder import Encoder

ENCODERS: Table[Entry] = Table(
    "encoder",
    "snnrun.encoders",
    {
        "latency": Entry(
            LatencySettings,
            "snnrun.encoders.latency:Latency",
            "Göltz et al. 2021",
            "one spike an input; its time is linear in the value",
        ),
        "rate": Entry(
            RateSettings,
            "snnrun.encoders.rate:Rate",
            "",
            "the value itself as a current, the same at every step",
        ),
        "poisson": Entry(
            PoissonSettings,
            "snnrun.encoders.poisson:Poisson",
            "",
            "random spikes, whose rate the value gives, or their probability at a step",
        ),
        "bernoulli": Entry(
            BernoulliSettings,
            "snnrun.encoders.bernoulli:Bernoulli",
            "",
            "random spikes at every step, with the value as their probability",
        ),
        "poisson_intervals": Entry(
            PoissonIntervalsSettings,
            "snnrun.encoders.poisson_intervals:PoissonIntervals",
            "",
            "random spikes whose intervals are Poisson numbers, as in BindsNET and PySNN",
        ),
        "population": Entry(
            PopulationSettings,
            "snnrun.encoders.population:Population",
            "",
            "random spikes of several neurons a value, each of which prefers another one",
        ),
        "latency_steps": Entry(
            LatencyStepsSettings,
            "snnrun.encoders.latency_steps:LatencySteps",
            "",
            "one spike an input, in one of the steps: large values first",
        ),
        "rank_order": Entry(
            RankOrderSettings,
            "snnrun.encoders.rank_order:RankOrder",
            "",
            "one spike an input, in the order of the values; reciprocal spacing as in BindsNET",
        ),
        "single": Entry(
            SingleSettings,
            "snnrun.encoders.single:Single",
            "",
            "one spike of each of the largest values, at the first step, as in BindsNET",
        ),
        "delta": Entry(
            DeltaSettings,
            "snnrun.encoders.delta:Delta",
            "",
            "of samples with time: a spike where a value changes by more than a threshold",
        ),
        "pixels": Entry(
            PixelsSettings,
            "snnrun.encoders.pixels:Pixels",
            "",
            "the image itself, plus a tiny offset, as chances of spikes",
        ),
        "on_off": Entry(
            OnOffSettings,
            "snnrun.encoders.on_off:OnOff",
            "Rotermund, Pawelzik 2019",
            "lighter and darker than a level, as channels of their own",
        ),
        "given": Entry(
            GivenSettings,
            "snnrun.encoders.given:Given",
            "",
            "samples as they are: with a time axis, as spike times, or as images",
        ),
    },
    EncoderSettings,
    elsewhere={
        "repeat": "rate",
        "currents": "rate",
        "poissonencoder": "poisson_intervals",
        "rankorder": "rank_order",
        "time_to_first_spike": "latency_steps",
        "ttfs": "latency_steps",
        "gaussian": "population",
        "receptive_fields": "population",
    },
)


def gives(
    settings: EncoderSettings | type[EncoderSettings],
    values: Values,
    shape: tuple[int, ...],
    timed: bool,
) -> frozenset[InputKind]:
    """Return what models can be given of an encoder: of one that gives steps, lists too.

    Args:
        settings: of the encoder.
        values, shape, timed: see :meth:`.settings.EncoderSettings.kinds`.

    Example:
        >>> InputKind.EVENTS in gives(RateSettings(), Values.UNIT, (4,), False)
        True
    """
    kinds = settings.kinds(values, shape, timed)
    return kinds | {InputKind.EVENTS} if InputKind.STEPS in kinds else kinds


def build_encoder(
    settings: EncoderSettings, shape: tuple[int, ...], kind: InputKind | None = None
) -> "Encoder":
    """Return the encoder that ``settings`` describe.

    Args:
        settings: of the encoder.
        shape: of a sample, without time.
        kind: what the model takes; needed of encoders that can give this or that.
    """
    encoder: Encoder = ENCODERS.entry_of(settings).load()(settings, shape)
    encoder.kind = kind
    if kind is InputKind.EVENTS and not encoder.lists:
        from snnrun.encoders.listed import Listed

        return Listed(encoder)
    return encoder
