"""What a look at the readout after an epoch finds amiss, in words for whoever trains it."""

from collections.abc import Iterator

from snnrun.learning.correlation.votes import Votes

MANY = 0.1  #: share of neurons, or of samples, that is worth a word
FEW, FALLEN = 10.0, 0.5  #: spikes a sample, and share of the most there were before


def silence(readout: str, votes: Votes) -> Iterator[str]:
    """Say which share of the samples brings no spikes.

    Args:
        readout: name of the group.
        votes: what was told of it.
    """
    if (share := float(votes.silent)) > MANY:
        yield (
            f"{share:.0%} of the training samples that were looked at bring no spike of {readout}, "
            "and so get no answer; learning.show_again shows such samples brighter"
        )


def unassigned(readout: str, votes: Votes) -> Iterator[str]:
    """Say which neurons stand for no class, and which class has no neurons.

    Args:
        readout: name of the group.
        votes: what was told of it.
    """
    given = votes.labels.assignments
    neurons, none = len(given), int((given < 0).sum())
    if none > MANY * neurons:
        yield (
            f"{none} of {neurons} neurons of {readout} spiked for no training sample that was "
            "looked at, so they stand for no class; lower thresholds, more input or more samples "
            "wake them"
        )
    seen = votes.labels.samples > 0
    empty = [index for index in seen.nonzero()[:, 0].tolist() if not (given == index).any()]
    if empty:
        names = ", ".join(map(str, empty))
        classes = "class" if len(empty) == 1 else "classes"
        yield f"no neuron of {readout} stands for {classes} {names}"


def growth(
    readout: str, plus: float, theta: tuple[float, float], spikes: tuple[float, float]
) -> Iterator[str]:
    """Say that thresholds outgrow what neurons receive.

    Args:
        readout: name of the group.
        plus: what each spike adds to a threshold.
        theta: mean of what was added, when there were most spikes, and now.
        spikes: a sample, the most there were, and now.
    """
    (before, now), (most, left) = theta, spikes
    if now > before and left < min(FEW, FALLEN * most):
        yield (
            f"thresholds of {readout} grew by {now - before:.3g} while the spikes of a sample fell "
            f"from {most:.3g} to {left:.3g}; where accuracy falls with them, a smaller "
            f"model.neurons.{readout}.plus helps, such as {plus / 5:.2g} instead of {plus:.2g}"
        )
