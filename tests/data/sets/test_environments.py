"""Episodes of gymnasium: what is observed, what a config may not say, what is missing."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec

from snnrun.core.capabilities import Target
from snnrun.data import load_dataset
from snnrun.data.sets import environments
from snnrun.data.sets.environments import GymnasiumSettings
from snnrun.errors import DataError

CARTPOLE = {
    "environment": "CartPole-v1", "low": (-2.4, -3.0, -0.2, -2.0), "high": (2.4, 3.0, 0.2, 2.0),
}  # fmt: skip


def test_observations_are_scaled_and_cut_off():
    settings = GymnasiumSettings(**CARTPOLE | {"high": (2.4, -2.9, 0.2, 2.0)})
    world = load_dataset(settings).train.environment()
    seen = world.begin(7)
    assert seen == pytest.approx([0.5, 1.0, 0.5, 0.5], abs=0.13)
    assert seen[1] == 1.0
    assert np.array_equal(world.begin(7), seen)
    assert not np.array_equal(world.begin(8), seen)
    last = world.act(1)
    while not last.over:
        last = world.act(1)
    assert last.seen.min() == 0.0
    assert (last.reward, last.cut) == (1.0, False)


def test_a_set_knows_what_its_episodes_are():
    settings = GymnasiumSettings(**CARTPOLE, episodes={"train": 3, "test": 5})
    data = load_dataset(settings)
    assert [len(source) for _, source in data.splits()] == [3, 20, 5]
    assert (settings.input_shape, settings.outputs, settings.classes) == ((4,), 2, ())
    assert settings.target is Target.ACTIONS
    assert data.train.digest() != data.validation.digest()
    values, targets = data.train.part(1, 3).read(np.array([0, 1]))
    assert (values.shape, targets.shape) == ((2, 4), (2, 2))
    assert data.train.part(1, 3).environment().begin(7) == pytest.approx(
        data.train.environment().begin(7)
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"environment": "CartPole-v1"}, "low: is needed: the environment itself says .*-inf"),
        ({"environment": "Cartpole-v1"}, "environment: gymnasium makes no .* did you mean 'CartP"),
        ({"environment": "sys:CartPole-v1"}, "names a module; `plugins` holds those to import"),
        ({"environment": "Pendulum-v1"}, "takes Box.*; expected one of some, Discrete"),
        ({"environment": "FrozenLake-v1"}, "shows Discrete.*; expected numbers, a Box"),
        (CARTPOLE | {"low": (0.0,)}, "low: expected 4 numbers, got 1"),
        (CARTPOLE | {"low": (2.4, -3.0, -0.2, -2.0)}, "high: expected more than low"),
    ],
)
def test_what_cannot_be_acted_in_is_refused(said, message):
    with pytest.raises(ValueError, match=message):
        GymnasiumSettings(**said)


def test_an_environment_whose_package_is_not_installed_is_refused(monkeypatch):
    """Two dozen of gymnasium's own ended in an ImportError."""
    absent = EnvSpec("Absent-v0", entry_point="a_package_that_is_not_there:World")
    monkeypatch.setitem(gymnasium.registry, absent.id, absent)
    message = "gymnasium makes no 'Absent-v0'; No module named 'a_package_that_is_not_there'"
    with pytest.raises(ValueError, match=message):
        GymnasiumSettings(environment="Absent-v0")


def test_without_gymnasium_it_is_told_what_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    environments.spaces.cache_clear()
    with pytest.raises(ValueError, match=r"pip install 'snnrun\[gymnasium\]' brings it"):
        GymnasiumSettings(**CARTPOLE)


def test_what_is_no_number_is_refused(monkeypatch):
    world = load_dataset(GymnasiumSettings(**CARTPOLE)).train.environment()
    world.begin(7)
    shown = np.zeros(4)
    monkeypatch.setattr(world._world, "step", lambda _: (shown, np.nan, False, False, {}))
    with pytest.raises(DataError, match="CartPole-v1 rewards an action by nan; expected a number"):
        world.act(0)
    shown[2] = np.nan
    monkeypatch.setattr(world._world, "step", lambda _: (shown, 1.0, False, False, {}))
    with pytest.raises(DataError, match=r"CartPole-v1 shows \[0.0, 0.0, nan, 0.0\]; expected num"):
        world.act(0)
