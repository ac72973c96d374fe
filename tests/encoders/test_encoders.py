"""What holds for every encoder in the table."""

import pytest
import torch

from snnrun.encoders import ENCODERS, build_encoder

NAMES = sorted(ENCODERS)


def fitted(name, values):
    encoder = build_encoder(ENCODERS[name].settings(), tuple(values.shape[1:]))
    encoder.fit([values])
    return encoder


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_code_has_the_promised_shape_and_the_type_of_the_values(name, dtype):
    shape = ENCODERS[name].settings().output_shape((2, 3, 4))
    values = torch.rand(5, 2, 3, 4, dtype=dtype, generator=torch.Generator().manual_seed(0))
    prepared = fitted(name, values).prepare(values)
    assert prepared.shape == (5, *shape)
    assert prepared.dtype == dtype
    assert not prepared.isnan().any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_has_the_promised_shape_with_time_first(name, training):
    settings = ENCODERS[name].settings()
    values = torch.rand(5, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    encoder = fitted(name, values).train(training)
    shown = encoder(encoder.prepare(values))
    steps = (settings.steps,) if hasattr(settings, "steps") else ()
    assert shown.shape == (*steps, 5, *settings.output_shape((2, 3, 4)))
    assert shown.dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_see_its_batch_mates(name):
    values = torch.rand(5, 7, generator=torch.Generator().manual_seed(0))
    encoder = fitted(name, values)
    assert torch.equal(encoder.prepare(values)[2:3], encoder.prepare(values[2:3]))


@pytest.mark.parametrize("name", NAMES)
def test_what_it_learned_of_the_data_comes_back_with_its_state(name):
    values = torch.rand(5, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    one, other = fitted(name, values), fitted(name, 1 - values)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.prepare(values), other.prepare(values))
