"""What holds for every encoder in the table."""

import math

import pytest
import torch

from snnrun.core.capabilities import InputKind, Values
from snnrun.core.events import Events
from snnrun.encoders import ENCODERS, build_encoder, gives
from tests.batches import ELSEWHERE, check_samples_stand_alone, parts, random_of

NAMES = sorted(ENCODERS)
#: What shows samples anew each time, and the settings for which it does.
RANDOM = {
    "bernoulli": {}, "latency": {"noise": {"std": 0.1}}, "poisson": {}, "poisson_intervals": {},
    "population": {},
}  # fmt: skip
LEVELS = set(RANDOM) - {"latency"}  # what draws lists, from levels of values


SHAPE, STEPS = (2, 3, 4), 6
FLAT = (InputKind.SPIKE_TIMES, InputKind.STEPS, InputKind.EVENTS)
TIMED = (InputKind.STEPS, InputKind.IMAGE_STEPS)


def with_time(name):
    """Whether an encoder is for samples with time alone."""
    return ENCODERS[name].settings.takes_time is True


def fitted(name, values, kind=None, **settings):
    encoder = build_encoder(ENCODERS[name].settings(**settings), SHAPE, kind)
    encoder.fit([values])
    return encoder


def some_values(name, samples=5, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    shape = (STEPS, *SHAPE) if with_time(name) else SHAPE
    return torch.rand(samples, *shape, dtype=dtype, generator=generator)


def kinds(name):
    """What it can give of such samples."""
    return gives(ENCODERS[name].settings(), Values.UNIT, SHAPE, with_time(name))


GIVEN = [pytest.param(name, kind, id=f"{name}-{kind}") for name in NAMES for kind in InputKind
         if kind in kinds(name)]  # fmt: skip


def promised(name, kind):
    """The shape of an encoded sample, without time, as a model gets it that takes this kind."""
    shape = ENCODERS[name].settings().output_shape(SHAPE)
    return (math.prod(shape),) if kind in FLAT else shape


@pytest.mark.parametrize(("name", "kind"), GIVEN)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_code_has_the_promised_shape_and_the_type_of_the_values(name, kind, dtype):
    values = some_values(name, dtype=dtype)
    prepared = fitted(name, values, kind).prepare(values)
    steps = (STEPS,) if with_time(name) else ()
    assert prepared.shape == (5, *steps, *promised(name, kind))
    levels = kind is InputKind.EVENTS and name in LEVELS
    assert prepared.dtype == (torch.int32 if levels else dtype)
    assert not prepared.isnan().any()


@pytest.mark.parametrize(("name", "kind"), GIVEN)
@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_has_the_promised_shape_with_time_first(name, kind, training):
    settings = ENCODERS[name].settings()
    values = some_values(name)
    encoder = fitted(name, values, kind).train(training)
    shown = encoder(encoder.prepare(values), random_of(5))
    shown = shown.dense(values) if isinstance(shown, Events) else shown
    timed = kind in TIMED or kind == InputKind.EVENTS
    steps = (getattr(settings, "steps", STEPS),) if timed else ()
    assert shown.shape == (*steps, 5, *promised(name, kind))
    assert shown.dtype == torch.float32


@pytest.mark.parametrize("name", [name for name in NAMES if InputKind.IMAGE_STEPS in kinds(name)])
@pytest.mark.parametrize("training", [True, False])
def test_images_hold_what_flat_samples_hold(name, training):
    values = some_values(name)
    images, flat = (fitted(name, values, kind).train(training) for kind in reversed(TIMED))
    shown = images(images.prepare(values), random_of(5))
    assert torch.equal(shown.flatten(2), flat(flat.prepare(values), random_of(5)))


@pytest.mark.parametrize("name", [name for name in NAMES if InputKind.IMAGE_STEPS in kinds(name)])
def test_values_of_a_vector_are_channels_of_an_image_of_one_pixel(name):
    settings, values = ENCODERS[name].settings(), some_values(name).flatten(-3)
    assert settings.kinds(Values.UNIT, (24,), with_time(name)) >= set(TIMED)
    encoder = build_encoder(settings, (24,), InputKind.IMAGE_STEPS)
    shown = encoder(encoder.prepare(values), random_of(5))
    channels = 24 * getattr(settings, "neurons", 1)
    assert shown.shape[2:] == settings.output_shape((24,)) == (channels, 1, 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_a_sample_is_shown_alike_in_whatever_batch(name, training):
    values = some_values(name, 8)
    encoder = fitted(name, values, **RANDOM.get(name, {})).train(training)
    steps = hasattr(encoder.settings, "steps") or with_time(name)

    def shown(samples, random):
        found = encoder(encoder.prepare(values[list(samples)]), random)
        found = found.dense(values) if isinstance(found, Events) else found
        return found.transpose(0, 1) if steps else found

    drawn = name in RANDOM and (training or name in LEVELS)
    if drawn:
        check_samples_stand_alone(shown, 8)
        return
    whole = shown(range(8), random_of(8))
    for split in parts(8):
        assert torch.equal(torch.cat([shown(own, random_of(own)) for own in split]), whole)
    for place in ELSEWHERE:
        assert torch.equal(shown(range(8), random_of(8, **place)), whole)


@pytest.mark.parametrize("name", sorted(set(NAMES) - LEVELS))
def test_lists_are_the_steps(name):
    """What is drawn as lists has other random numbers; tests/encoders/test_lists.py sees these."""
    if InputKind.EVENTS not in kinds(name):
        assert InputKind.STEPS not in kinds(name)
        return
    values = some_values(name)
    lists, steps = (fitted(name, values, kind) for kind in (InputKind.EVENTS, InputKind.STEPS))
    found = lists(lists.prepare(values), random_of(5))
    assert torch.equal(found.dense(values), steps(steps.prepare(values), random_of(5)))
    assert (found.currents is None) == (name not in {"given", "rate"})


@pytest.mark.parametrize("name", NAMES)
def test_what_it_learned_of_the_data_comes_back_with_its_state(name):
    values = some_values(name)
    one, other = fitted(name, values), fitted(name, 1 - values)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.prepare(values), other.prepare(values))
