"""What holds for every encoder in the table."""

import math

import pytest
import torch

from snnrun.encoders import ENCODERS, build_encoder

NAMES = sorted(ENCODERS)


def fitted(name, values):
    encoder = build_encoder(ENCODERS[name].settings())
    encoder.fit(values)
    return encoder


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_code_has_the_promised_shape_and_the_type_of_the_values(name, dtype):
    settings = ENCODERS[name].settings()
    values = torch.rand(5, 2, 3, 4, dtype=dtype, generator=torch.Generator().manual_seed(0))
    times = fitted(name, values)(values)
    assert times.shape == (5, *settings.output_shape((2, 3, 4)))
    assert math.prod(times.shape[1:]) == settings.output_size((2, 3, 4))
    assert times.dtype == dtype
    assert not times.isnan().any()


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_see_its_batch_mates(name):
    values = torch.rand(5, 7, generator=torch.Generator().manual_seed(0))
    encoder = fitted(name, values)
    assert torch.equal(encoder(values)[2:3], encoder(values[2:3]))
