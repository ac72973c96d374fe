"""On how many threads a training goes fastest: tried out before it begins, then kept.

Another number of threads gives other bits, so what was chosen stands in the run's config, and all
that goes on from it, or begins anew with it, takes the same.
"""

from typing import TYPE_CHECKING

import torch

from snnrun.training.pace import seconds_alone
from snnrun.training.threads import is_small

if TYPE_CHECKING:
    from snnrun.training.loop import Training

#: How much faster one thread must be than all of them.
MARGIN = 1.2


def choose_threads(training: "Training") -> dict[int, float]:
    """Let a training that has not begun use one thread or all, whichever is faster here and now.

    On a busy machine, threads that wait for each other take many times as long as one alone.

    Returns:
        seconds of a batch, by number of threads; nothing where there was nothing to choose: the
        config says how many, the network is too small for several, there is one, a GPU, or another
        process.
    """
    most, learner = torch.get_num_threads(), training.learner
    settled = training.settings.threads is not None or training.world.size > 1
    if settled or most == 1 or learner.device.type != "cpu" or is_small(learner.model):
        return {}
    with torch.random.fork_rng(devices=[]):
        tried = {number: seconds_alone(training, number) for number in (most, 1)}
    seconds = {number: each for number, each in tried.items() if each is not None}
    if len(seconds) < len(tried):  # one batch is all there is
        return {}
    training.use_threads(1 if seconds[1] * MARGIN < seconds[most] else most)
    return seconds
