"""Random numbers that depend on the seed and on what they are for, and on nothing else.

Each use (initial weights, order of the samples of an epoch, noise of a sample, ...) has a stream of
its own. What belongs to a sample is counted by the number of the sample: its noise is a function of
(seed, use, epoch, sample, presentation), whatever batch, process, worker or thread it is in. What
belongs to a batch is counted by the number of the batch. So a run that stops and goes on draws the
same numbers as one that never stopped, and evaluating more often changes nothing.
"""

import math
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.random import counted

Numbers = NDArray[np.int64]


def key(seed: int, *stream: str | int) -> int:
    """Return the seed of one use, e.g. ``key(seed, "order", epoch)``; 63 bits."""
    digest = blake2b(repr((seed, *stream)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(seed: int, *stream: str | int) -> torch.Generator:
    """Return a fresh generator for one use, e.g. ``generator(seed, "order", epoch)``.

    Example:
        >>> first = torch.randperm(5, generator=generator(7, "order", 3))
        >>> second = torch.randperm(5, generator=generator(7, "order", 3))
        >>> bool((first == second).all())
        True
    """
    return torch.Generator().manual_seed(key(seed, *stream))


def thinned(whole: int, most: int | None, seed: int, *stream: str) -> Numbers:
    """Return the numbers of all of ``whole`` samples, or of ``most`` of them, ascending.

    Which, is drawn for one use; fewer are some of more.

    Example:
        >>> thinned(4, None, 7, "test"), len(thinned(1000, 30, 7, "test"))
        (array([0, 1, 2, 3]), 30)
    """
    if most is None or whole <= most:
        return np.arange(whole)
    chosen = torch.randperm(whole, generator=generator(seed, "thinned", *stream))[:most]
    return chosen.sort().values.numpy()


def seed_torch(seed: int, *stream: str | int) -> None:
    """Let what draws from torch's own generator, such as layers of torch, draw from this use."""
    place = key(seed, *stream)
    torch.default_generator.manual_seed(place)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(place)


class Random:
    """The random numbers of the samples of one batch.

    Args:
        seed: of the experiment.
        use: what the samples are shown for: train, validation, test, ...
        epoch: the epoch.
        number: of the batch within the epoch.
        samples: ``[batch]``, the number of each sample in its split.
        presentation: how often each was shown before, for the same use.
        part: whose numbers these are, e.g. ``"layers.0."``.
    """

    __slots__ = ("epoch", "number", "part", "presentation", "samples", "seed", "use")

    def __init__(
        self,
        seed: int,
        use: str,
        epoch: int,
        number: int,
        samples: Numbers,
        presentation: int = 0,
        part: str = "",
    ) -> None:
        self.seed, self.use, self.epoch, self.number = seed, use, epoch, number
        self.samples, self.presentation, self.part = samples, presentation, part

    @classmethod
    def fresh(cls, samples: int) -> "Random":
        """Return random numbers for so many samples that follow torch's own generator."""
        seed = int(torch.randint(2**62, ()))
        return cls(seed, "fresh", 0, 0, np.arange(samples))

    def of(self, part: str) -> "Random":
        """Return the numbers of a part of a network, e.g. ``random.of("layers.0")``."""
        return Random(
            self.seed, self.use, self.epoch, self.number, self.samples, self.presentation,
            f"{self.part}{part}.",
        )  # fmt: skip

    def some(self, begin: int, end: int | None = None) -> "Random":
        """Return the numbers of some of the samples, by their places in the batch."""
        return Random(
            self.seed, self.use, self.epoch, self.number, self.samples[begin:end],
            self.presentation, self.part,
        )  # fmt: skip

    def again(self) -> "Random":
        """Return the numbers for showing the same samples once more."""
        return Random(
            self.seed, self.use, self.epoch, self.number, self.samples, self.presentation + 1,
            self.part,
        )  # fmt: skip

    @property
    def batch(self) -> "Random":
        """The numbers of the batch itself, equal for all its samples and in all processes."""
        own = np.array([self.number])
        return Random(
            self.seed, f"{self.use} batch", self.epoch, self.number, own, self.presentation,
            self.part,
        )  # fmt: skip

    def key(self, what: str) -> int:
        """Return the key of one kind of numbers, for kernels that count samples themselves."""
        return key(self.seed, self.use, self.epoch, self.presentation, self.part + what)

    def uniform(self, what: str, shape: Sequence[int], like: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1), ``[batch, *shape]``, of the type and device of like."""
        drawn = counted.uniform(self.key(what), self.samples, math.prod(shape))
        return self._shaped(drawn, shape, like)

    def normal(self, what: str, shape: Sequence[int], like: Tensor) -> Tensor:
        """Return standard normal numbers, ``[batch, *shape]``, of the type and device of like."""
        drawn = counted.normal(self.key(what), self.samples, math.prod(shape))
        return self._shaped(drawn, shape, like)

    def integers(self, what: str, below: int, shape: Sequence[int] = ()) -> Tensor:
        """Return whole numbers from 0 to ``below - 1``, int64 ``[batch, *shape]``."""
        drawn = counted.integers(self.key(what), self.samples, math.prod(shape), below)
        return torch.from_numpy(drawn).view(len(self.samples), *shape)

    def bernoulli(self, what: str, chances: Tensor, steps: int) -> Tensor:
        """Return 0 or 1 at each of so many steps, ``[time, batch, n]``, for chances ``[batch, n]``.

        A number of chance p is 1 with that probability, at each step anew.
        """
        ready = chances.detach().cpu().contiguous().numpy()
        drawn = counted.bernoulli(self.key(what), ready, self.samples, steps)
        return torch.from_numpy(drawn).to(chances.device)

    def seeds(self, what: str) -> list[int]:
        """Return a seed for each sample, for code that draws from a generator of its own."""
        place = self.key(what)
        return [key(place, int(sample)) for sample in self.samples]

    def _shaped(self, drawn: NDArray[np.float32], shape: Sequence[int], like: Tensor) -> Tensor:
        return torch.from_numpy(drawn).view(len(self.samples), *shape).to(like)
