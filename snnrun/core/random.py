"""Random numbers that depend on the seed and on what they are for, and on nothing else.

Each use (initial weights, order of the samples of an epoch, noise of a batch, ...) has a stream of
its own. So a run that stops and goes on draws the same numbers as one that never stopped, and
evaluating more often changes nothing.
"""

from hashlib import blake2b
from typing import NamedTuple

import torch


def key(seed: int, *stream: str | int) -> int:
    """Return the seed of one use, e.g. ``key(seed, "noise", epoch, batch)``."""
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


class Stream(NamedTuple):
    """A stream of random numbers, for those that count them themselves.

    key: what all batches of the stream share.
    sample: number of the first sample of the batch within the stream.
    """

    key: int
    sample: int = 0


class _Begun:
    """The stream that began last, until somebody takes it; what torch's generator started from."""

    stream: Stream | None = None
    seed: int | None = None


def begin(seed: int, *stream: str | int, sample: int | None = None) -> None:
    """Let everything that draws from torch's own generator draw from this stream from now on.

    Where a stream comes in batches, ``sample`` is the number of the first sample of this one.
    """
    place = key(seed, *stream, *(() if sample is None else (sample,)))
    _Begun.stream, _Begun.seed = Stream(key(seed, *stream), sample or 0), place
    torch.default_generator.manual_seed(place)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(place)


def take_stream() -> Stream:
    """Return the stream that has just begun; whoever comes later gets one from torch's generator.

    Example:
        >>> begin(7, "test", 3, sample=20)
        >>> take_stream() == Stream(key(7, "test", 3), 20)
        True
        >>> take_stream() == take_stream()
        False
    """
    other = Stream(int(torch.randint(2**62, ())))
    begun, _Begun.stream = _Begun.stream, None
    untouched = torch.default_generator.initial_seed() == _Begun.seed
    return begun if begun and untouched else other
