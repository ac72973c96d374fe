"""Learning to act by reward: a graph runs through episodes in an environment.

For each action the network sees what is observed, as spikes, for the steps of the encoder; the
action is that whose neurons spiked most in these, by their places in the readout, and a random one
where none did. Behind the last of these steps, rules are told what came of it. State and traces go
on from action to action, and begin anew with each episode.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.episodes import Environment, Episodes, Observation
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.encoders.trains import shares
from snnrun.kernels.random import counted
from snnrun.learning.activity import PATIENCE
from snnrun.learning.correlation.control_settings import ControlSettings
from snnrun.learning.correlation.expectation import Expectation
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.models.graph.episodes import Episode
from snnrun.models.graph.net import GraphNet
from snnrun.models.graph.positions import answers, by_class


class ControlRule(Rule):
    """Lets a graph act, and learn from what comes of it.

    Args:
        settings: of the rule.
        model: that acts.
    """

    settings: ControlSettings
    model: GraphNet

    def __init__(self, settings: ControlSettings, model: GraphNet) -> None:
        super().__init__(settings, model)
        size = torch.Size(model.network.group(model.settings.input_name).shape).numel()
        expectation = settings.expectation
        self.expectation = None if expectation is None else Expectation(expectation, size)
        self._spiked, self._quiet = False, 0  # whether, and for how many batches not
        self._world: tuple[Callable[[], Environment], Environment] | None = None

    @torch.no_grad()
    def step(self, batch: Batch) -> Outcome:
        """Learn from episodes, one after the other."""
        self._spiked = False
        rewards = [self._episode(batch, place, learning=True) for place in range(len(batch))]
        self._quiet = 0 if self._spiked else self._quiet + 1
        if self._quiet >= PATIENCE:
            readout = self.settings.readout
            self.warn(
                f"{readout} is silent: none of its neurons spiked in {PATIENCE} batches in a row, "
                "so all actions were drawn by chance and nothing is learned of them; lower "
                f"thresholds of model.neurons.{readout}, or more input, wake it"
            )
        return self._outcome(rewards)

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the rewards of episodes; nothing learns. Nothing is recorded."""
        rewards = [self._episode(batch, place, learning=False) for place in range(len(batch))]
        return self._outcome(rewards), Record()

    def calibrate(self, batches: Callable[[], Iterator[Batch]]) -> None:
        """Normalise weights, the epoch being over, where that is due once an epoch."""
        self.model.network.normalise("epoch")

    def _outcome(self, rewards: list[tuple[float, int]]) -> Outcome:
        totals, lengths = zip(*rewards, strict=True)
        means = {"reward": float(np.mean(totals)), "actions": float(np.mean(lengths))}
        return Outcome(None, None, means)

    def _environment(self, episodes: Episodes) -> Environment:
        if self._world is None or self._world[0] != episodes.make:
            self._world = episodes.make, episodes.make()
        return self._world[1]

    def _episode(self, batch: Batch, place: int, learning: bool) -> tuple[float, int]:
        """Run an episode; return the sum of its rewards and the number of its actions."""
        episodes, random = batch.inputs, batch.random.some(place, place + 1)
        assert isinstance(episodes, Episodes)
        world, like = self._environment(episodes), next(self.model.parameters())
        prepared = self._prepared(episodes, world.begin(random.seeds("environment")[0]), like)
        course = self.model.begin(learning=learning, spikes=episodes.spikes)
        if self.expectation is not None:
            self.expectation.begin()
        total, actions, done, told = 0.0, 0, False, dict[str, float]()
        while not done:
            own = random.of(f"action {actions}")
            came = world.act(self._act(course, episodes.show(prepared, own), own, told))
            total, actions, done = total + came.reward, actions + 1, came.over or came.cut
            before, prepared = prepared, self._prepared(episodes, came.seen, like)
            if learning:
                chosen = self.settings.failure if came.over else self.settings.going_on
                reward = came.reward if chosen is None else chosen
                told = self._told(before, reward, None if came.over else prepared)
        course.end(told)
        return total, actions

    def _prepared(self, episodes: Episodes, seen: Observation, like: Tensor) -> Tensor:
        return episodes.prepare(torch.from_numpy(np.ascontiguousarray(seen))[None].to(like))

    def _act(
        self, course: Episode, shown: Tensor | Events, random: Random, told: Mapping[str, float]
    ) -> int:
        """Show what is observed; return the action."""
        x = shown if isinstance(shown, Events) else Events.of_values(shown)
        words = counted.words(random.key("winners"), random.samples, x.steps)
        spikes = course.show(x, words, told)[self.settings.readout]
        action = int(answers(by_class(spikes.counts(), self.model.classes)))
        self._spiked |= action >= 0
        return action if action >= 0 else int(random.integers("action", self.model.classes))

    def _told(self, before: Tensor, reward: float, after: Tensor | None) -> dict[str, float]:
        """Return what rules are told of an action."""
        if self.expectation is not None:
            ahead = None if after is None else shares(after)[0]
            reward = self.expectation.surpassed(shares(before)[0], reward, ahead)
        return {self.settings.signal: reward}
