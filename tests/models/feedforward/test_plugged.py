"""Layers of other packages stand in lists of layers as ours do."""

from typing import Annotated

import torch
from pydantic import Field

from snnrun.extending import Entry, FeedforwardLayerSettings
from snnrun.extending.parts import Layer, Stateless
from snnrun.models.feedforward.layers import LAYERS
from tests.models.feedforward.cases import CLASSES, SHAPE, changing, model_of, settings_of, steady


class ShiftSettings(FeedforwardLayerSettings):
    """Adds a number, the same for all, that learns."""

    by: Annotated[float, Field(description="at first")] = 0.5

    def output_shape(self, shape):
        return shape

    def parameters(self, shape, network):
        return 1


class Shift(Stateless):
    def __init__(self, settings, place):
        super().__init__()
        self.name = place.name
        self.by = torch.nn.Parameter(torch.tensor(settings.by, dtype=torch.float64))

    def apply_to(self, x):
        return x + self.by


class DelaySettings(FeedforwardLayerSettings):
    """Shows each step one step later."""

    def output_shape(self, shape):
        return shape


class Delay(Layer):
    def __init__(self, settings, place):
        super().__init__()

    def forward(self, x, shown):
        return torch.cat([torch.zeros_like(x[:1]), x[:-1]])


def test_they_are_built_described_and_called(monkeypatch):
    more = {
        "shift": Entry(ShiftSettings, f"{__name__}:Shift", "", "adds"),
        "delay": Entry(DelaySettings, f"{__name__}:Delay", "", "waits"),
    }
    monkeypatch.setattr(LAYERS, "_known", {**LAYERS.known, **more})
    layers = [
        {"name": "residual", "body": [{"name": "shift", "by": 2.0}]},
        {"name": "delay"},
    ]
    rows = settings_of(layers).describe(SHAPE, CLASSES)
    assert rows[0] == ("layers.0.body.0", "shift -> [2, 7, 6]", 1)
    model = model_of(layers)
    assert model.layers[0].body[0].name == "layers.0.body.0"
    seen = []
    model.layers.register_forward_hook(lambda *call: seen.append(call[2]))
    for x in (changing(), steady()):
        model(x)
        assert torch.equal(seen[-1][0], torch.zeros_like(x[0]))
        torch.testing.assert_close(seen[-1][1:], 2 * x[:-1] + 2.0)
