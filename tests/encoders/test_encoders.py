"""What holds for every encoder in the table."""

import pytest
import torch

from snnrun.encoders import ENCODERS, build_encoder
from tests.batches import ELSEWHERE, check_samples_stand_alone, parts, random_of

NAMES = sorted(ENCODERS)
#: What shows samples anew each time, and the settings for which it does.
RANDOM = {"latency": {"noise": {"std": 0.1}}, "poisson": {}}


def fitted(name, values, **settings):
    encoder = build_encoder(ENCODERS[name].settings(**settings), tuple(values.shape[1:]))
    encoder.fit([values])
    return encoder


def some_values(samples=5, shape=(2, 3, 4), dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(samples, *shape, dtype=dtype, generator=generator)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_code_has_the_promised_shape_and_the_type_of_the_values(name, dtype):
    shape = ENCODERS[name].settings().output_shape((2, 3, 4))
    values = some_values(dtype=dtype)
    prepared = fitted(name, values).prepare(values)
    assert prepared.shape == (5, *shape)
    assert prepared.dtype == dtype
    assert not prepared.isnan().any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_has_the_promised_shape_with_time_first(name, training):
    settings = ENCODERS[name].settings()
    values = some_values()
    encoder = fitted(name, values).train(training)
    shown = encoder(encoder.prepare(values), random_of(5))
    steps = (settings.steps,) if hasattr(settings, "steps") else ()
    assert shown.shape == (*steps, 5, *settings.output_shape((2, 3, 4)))
    assert shown.dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_a_sample_is_shown_alike_in_whatever_batch(name, training):
    values = some_values(8)
    encoder = fitted(name, values, **RANDOM.get(name, {})).train(training)
    steps = hasattr(encoder.settings, "steps")

    def shown(samples, random):
        found = encoder(encoder.prepare(values[list(samples)]), random)
        return found.transpose(0, 1) if steps else found

    drawn = name in RANDOM and (training or name == "poisson")
    if drawn:
        check_samples_stand_alone(shown, 8)
        return
    whole = shown(range(8), random_of(8))
    for split in parts(8):
        assert torch.equal(torch.cat([shown(own, random_of(own)) for own in split]), whole)
    for place in ELSEWHERE:
        assert torch.equal(shown(range(8), random_of(8, **place)), whole)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_learned_of_the_data_comes_back_with_its_state(name):
    values = some_values()
    one, other = fitted(name, values), fitted(name, 1 - values)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.prepare(values), other.prepare(values))
