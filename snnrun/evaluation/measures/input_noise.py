"""The accuracy that a trained network keeps where its input is noisy, which it was not trained for.

Normal noise is added to the values of the samples, before they are encoded, and the sum is cut to
[0, 1]. The draws are the same at every strength. So it means the same for every encoder, model and
rule, and they can be compared.
"""

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.capabilities import Values
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.data.loader import Use
from snnrun.data.source import Array, FloatArray, Numbers, Source
from snnrun.evaluation.measure import Arrays, Selective, Subject
from snnrun.learning.outcome import Outcome, predictions

SAMPLES = 1000
STRENGTHS = np.array([0.1, 0.2, 0.3, 0.4, 0.5])


class InputNoise(Selective):
    """Keeps, of at most 1,000 samples, drawn from the seed,

    samples: int64, how many.
    strengths: ``[6]``, standard deviations of the noise, from none on; values lie in [0, 1].
    right: int64 ``[6]``, how many samples are predicted right at each of them.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject, each=1, most=SAMPLES)
        self.right = 0
        self.scored = False

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if outcome.scores is None:
            return
        self.scored = True
        right = predictions(outcome.scores).eq(batch.targets).numpy(force=True)
        self.right += int(right[self.rows(batch)].sum())

    def arrays(self) -> Arrays:
        """Return them; nothing where values lie elsewhere, or samples have no class."""
        if self.subject.experiment.sample_values is not Values.UNIT or not self.scored:
            return {}
        return {
            "samples": np.array(len(self.chosen)),
            "strengths": np.concatenate([[0.0], STRENGTHS]),
            "right": np.array([self.right, *map(self.right_with, STRENGTHS.tolist())]),
        }

    def right_with(self, strength: float) -> int:
        """Return how many of the chosen samples are predicted right with such noise."""
        clean = self.subject.dataset.split(self.subject.split)
        return self.right_of(Noisy(clean, strength, self.subject.experiment.seed))

    def right_of(self, source: Source) -> int:
        """Return how many of the chosen samples are predicted right as a source has them."""
        return right_of(self.subject, source, self.chosen)


def right_of(subject: Subject, source: Source, numbers: Numbers) -> int:
    """Return how many samples of these numbers are predicted right as a source has them."""
    loader = subject.learner.loader(
        source, subject.experiment, Use(subject.split), subject.size, only=numbers, keep=False,
    )  # fmt: skip
    right = 0
    for batch in loader.epoch(subject.epoch):
        outcome, _ = subject.learner.rule.evaluate(batch)
        assert outcome.scores is not None
        right += int(predictions(outcome.scores).eq(batch.targets).sum())
    return right


class Noisy(Source):
    """Samples of another source with noise.

    Args:
        source: where they come from; values in [0, 1].
        strength: standard deviation of the noise.
        seed: of the noise, which is a function of it and of the number of a sample.
    """

    def __init__(self, source: Source, strength: float, seed: int) -> None:
        self.source, self.strength, self.seed = source, strength, seed

    def __len__(self) -> int:
        return len(self.source)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.source.shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return noisy values and the targets."""
        values, targets = self.source.read(numbers)
        random = Random(self.seed, "input noise", 0, 0, numbers)
        clean = torch.as_tensor(values)
        noise = self.strength * random.normal("values", self.shape, clean)
        noisy: FloatArray = self.changed(clean, noise).clamp(0.0, 1.0).numpy()
        return noisy, targets

    def changed(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return values with noise, before they are cut."""
        return clean + noise

    def digest(self) -> str:
        """Return what tells these samples from others."""
        return f"{self.source.digest()}, noise {self.strength} of {self.seed}"
