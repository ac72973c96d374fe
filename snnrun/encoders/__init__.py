"""Every encoder that an experiment can name: from values in [0, 1] to spikes.

A new one is a file with a settings class and an encoder, and a line here.
"""

from collections.abc import Mapping

from snnrun.core.registry import Entry, entry_of
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.latency import LatencySettings
from snnrun.encoders.latency_steps import LatencyStepsSettings
from snnrun.encoders.on_off import OnOffSettings
from snnrun.encoders.pixels import PixelsSettings
from snnrun.encoders.poisson import PoissonSettings
from snnrun.encoders.rate import RateSettings
from snnrun.encoders.settings import EncoderSettings

__all__ = [
    "ENCODERS",
    "LatencySettings",
    "LatencyStepsSettings",
    "OnOffSettings",
    "PixelsSettings",
    "PoissonSettings",
    "RateSettings",
    "build_encoder",
]

ENCODERS: Mapping[str, Entry] = {
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
        "random spikes at every step, with the value as their probability",
    ),
    "latency_steps": Entry(
        LatencyStepsSettings,
        "snnrun.encoders.latency_steps:LatencySteps",
        "",
        "one spike an input, in one of the steps: large values first",
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
}


def build_encoder(settings: EncoderSettings) -> Encoder:
    """Return the encoder that ``settings`` describe."""
    encoder: Encoder = entry_of(ENCODERS, settings).load()(settings)
    return encoder
