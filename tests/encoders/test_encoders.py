"""What holds for every encoder in the table."""

import pytest
import torch

from snnrun.encoders import ENCODERS, build_encoder

NAMES = sorted(ENCODERS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_time_a_neuron_in_the_type_of_the_values(name, dtype):
    settings = ENCODERS[name].settings()
    values = torch.rand(5, 2, 3, 4, dtype=dtype, generator=torch.Generator().manual_seed(0))
    times = build_encoder(settings)(values)
    assert times.shape == (5, settings.output_size((2, 3, 4)))
    assert times.dtype == dtype
    assert not times.isnan().any()


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_see_its_batch_mates(name):
    encoder = build_encoder(ENCODERS[name].settings())
    values = torch.rand(5, 7, generator=torch.Generator().manual_seed(0))
    assert torch.equal(encoder(values)[2:3], encoder(values[2:3]))
