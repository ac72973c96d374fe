"""Random numbers that depend on the seed and on what they are for, and on nothing else.

Each use (initial weights, order of the samples of an epoch, noise of a batch, ...) has a stream of
its own. So a run that stops and goes on draws the same numbers as one that never stopped, and
evaluating more often changes nothing.
"""

from hashlib import blake2b

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


def begin(seed: int, *stream: str | int) -> None:
    """Let everything that draws from torch's own generator draw from this stream from now on."""
    torch.default_generator.manual_seed(key(seed, *stream))
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(key(seed, *stream))
