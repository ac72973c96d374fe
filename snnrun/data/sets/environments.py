"""Environments of gymnasium: a source of the numbers of episodes; the rule acts in them.

What is observed is scaled to 0 to 1, from a lowest to a highest value of each number; what lies
beyond counts as these. A sample is an episode that has not begun: its values are 0, and nobody
reads them. Towers et al., "Gymnasium: a standard interface for reinforcement learning
environments", arXiv:2407.17032.
"""

import hashlib
from functools import cache
from importlib import import_module
from math import prod
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from snnrun.core.capabilities import Target
from snnrun.core.episodes import Environment, Moment, Observation
from snnrun.core.registry import first_line, near
from snnrun.data.dataset import SPLITS, Count, Dataset, DataSettings, Sizes
from snnrun.data.source import Array, FloatArray, Numbers, Source
from snnrun.errors import DataError

_NUMBER = 8  # bytes of the number of an episode


class EpisodesSettings(Sizes):
    """How many episodes an epoch, a validation and a test have."""

    train: Count = 50
    validation: Count = 20
    test: Count = 50


class GymnasiumSettings(DataSettings):
    """Which environment, how many episodes, and what of its observations is 0 and 1."""

    environment: Annotated[
        str, Field(description="name in gymnasium's registry", examples=["CartPole-v1"])
    ]
    episodes: EpisodesSettings = EpisodesSettings()
    low: Annotated[
        tuple[float, ...] | None,
        Field(description="of each observed number, what becomes 0; null: as the environment says"),
    ] = None
    high: Annotated[
        tuple[float, ...] | None,
        Field(description="of each observed number, what becomes 1; null: as the environment says"),
    ] = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        shape, low, high, _ = spaces(self.environment)
        for name, given, own in (("low", self.low, low), ("high", self.high, high)):
            if given is not None and len(given) != prod(shape):
                raise ValueError(f"{name}: expected {prod(shape)} numbers, got {len(given)}")
            if given is None and not np.isfinite(own).all():
                raise ValueError(
                    f"{name}: is needed: the environment itself says {list(map(float, own))}"
                )
        bottom, top = self.ends()
        if not (bottom < top).all():
            raise ValueError(f"high: expected more than low, {bottom.tolist()}")
        return self

    def ends(self) -> tuple[Observation, Observation]:
        """Return what becomes 0 and what becomes 1, of each number."""
        _, low, high, _ = spaces(self.environment)
        return (
            np.array(low if self.low is None else self.low),
            np.array(high if self.high is None else self.high),
        )

    @property
    def target(self) -> Target:
        """Actions."""
        return Target.ACTIONS

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of an observation."""
        return spaces(self.environment)[0]

    def drawn_bytes(self) -> dict[str, int]:
        """Return what the numbers of the episodes of each split take."""
        return self.episodes.weighed(_NUMBER, "episodes")

    @property
    def classes(self) -> tuple[str, ...]:
        """None: nobody knows which action is right."""
        return ()

    @property
    def target_shape(self) -> tuple[int, ...]:
        """The number of actions."""
        return (spaces(self.environment)[3],)


@cache
def spaces(name: str) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...], int]:
    """Return shape, lowest and highest numbers of observations, and the number of actions.

    Raises:
        ValueError: gymnasium is not installed, has no such environment, or this one has no numbers
            to observe or no actions to choose from.
    """
    gymnasium = _gymnasium()
    if ":" in name:  # gymnasium would import what stands before it
        raise ValueError(f"environment: {name!r} names a module; `plugins` holds those to import")
    try:
        made = gymnasium.make(name)
    except Exception as error:  # whatever the package that it comes from raises
        guess = None if name in gymnasium.registry else near(name, gymnasium.registry)
        hint = f"did you mean {guess!r}?" if guess else first_line(error)
        raise ValueError(f"environment: gymnasium makes no {name!r}; {hint}") from error
    seen, actions = made.observation_space, made.action_space
    made.close()
    if not isinstance(seen, gymnasium.spaces.Box):
        raise ValueError(f"environment: {name} shows {seen}; expected numbers, a Box")
    if not isinstance(actions, gymnasium.spaces.Discrete) or actions.start:
        raise ValueError(f"environment: {name} takes {actions}; expected one of some, Discrete")
    low, high = (tuple(each.astype(float).flatten()) for each in (seen.low, seen.high))
    return seen.shape, low, high, int(actions.n)


def _gymnasium() -> Any:
    try:
        return import_module("gymnasium")
    except ImportError as error:
        raise ValueError(
            "needs gymnasium, which is not installed; pip install 'snnrun[gymnasium]' brings it"
        ) from error


class Gymnasium(Environment):
    """An environment of gymnasium.

    Args:
        settings: of the data set.
    """

    def __init__(self, settings: GymnasiumSettings) -> None:
        self._name, self._world = settings.environment, _gymnasium().make(settings.environment)
        self._low, self._high = settings.ends()

    def begin(self, seed: int) -> Observation:
        """Begin an episode."""
        return self._scaled(self._world.reset(seed=seed % 2**31)[0])

    def act(self, action: int) -> Moment:
        """Do something.

        Raises:
            DataError: the reward is no number.
        """
        seen, reward, over, cut, _ = self._world.step(action)
        if not np.isfinite(reward):
            raise DataError(f"{self._name} rewards an action by {reward}; expected a number")
        return Moment(self._scaled(seen), float(reward), bool(over), bool(cut))

    def _scaled(self, seen: Array) -> Observation:
        flat = (seen.astype(np.float64).flatten() - self._low) / (self._high - self._low)
        if np.isnan(flat).any():
            raise DataError(f"{self._name} shows {seen.tolist()}; expected numbers")
        scaled: Observation = flat.clip(0, 1).reshape(seen.shape)
        return scaled


class EpisodeSource(Source):
    """Episodes, by their numbers.

    Args:
        settings: of the data set.
        split: train, validation or test.
    """

    def __init__(self, settings: GymnasiumSettings, split: str) -> None:
        self.settings, self.split = settings, split

    def __len__(self) -> int:
        episodes: int = getattr(self.settings.episodes, self.split)
        return episodes

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an observation."""
        return self.settings.input_shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return zeros for what is observed before episodes begin, and for what is right."""
        settings = self.settings
        values = np.zeros((len(numbers), *settings.input_shape), np.float32)
        return values, np.zeros((len(numbers), *settings.target_shape), np.float32)

    def digest(self) -> str:
        """Return a SHA-256 of the settings."""
        return hashlib.sha256(repr((self.settings, self.split)).encode()).hexdigest()

    def environment(self) -> Environment:
        """Return an environment for one episode at a time."""
        return Gymnasium(self.settings)


def load(settings: GymnasiumSettings) -> Dataset:
    """Return the episodes of each split."""
    return Dataset(settings, {split: EpisodeSource(settings, split) for split in SPLITS})
