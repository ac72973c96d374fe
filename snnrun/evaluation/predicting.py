"""Show samples that belong to no split to a saved network, as an evaluation shows those of one.

Noise and random spikes are those of the test samples of the same numbers: so the samples of the
test set, given in their order, get the answers that they get there.
"""

from collections.abc import Sequence

import numpy as np

from snnrun.core.capabilities import Target
from snnrun.data.given import Given, GivenSource
from snnrun.data.loader import Use
from snnrun.errors import ConfigError
from snnrun.evaluation.evaluate import learner_of
from snnrun.evaluation.predictions import Predictions
from snnrun.experiment import Experiment
from snnrun.learning.outcome import predictions
from snnrun.runs import checkpoint
from snnrun.runs.edits import SHOWN, refuse_edits
from snnrun.runs.folder import RunDir
from snnrun.training.evaluating import batch_size
from snnrun.training.learner import load_data, training_values
from snnrun.training.memory import memory_told
from snnrun.training.threads import keep_freed_memory, threads_for
from snnrun.weighing import check_memory


def check_predicts(experiment: Experiment) -> None:
    """Refuse networks that do not tell classes.

    Raises:
        ConfigError: saying what they do.
    """
    target = experiment.data.target
    if target is Target.ACTIONS:
        raise ConfigError("this network acts in an environment; there are no samples to predict")
    if target is not Target.CLASSES:
        raise ConfigError(
            f"this network answers with {target}, not with a class; "
            "snnrun.load(run) in Python shows it samples"
        )
    if not getattr(experiment.model, "classifies", True):
        raise ConfigError("this network reconstructs its input; it tells no classes")


def predict_given(run: RunDir, epoch: int | None, parts: Sequence[Given]) -> Predictions:
    """Return what the network that a run saved takes samples for.

    Args:
        run: the run folder.
        epoch: a saved epoch; None for the last one.
        parts: the samples.

    Raises:
        DataError: no such epoch; a damaged checkpoint; a picture that cannot be read.
        ConfigError: a config that was edited since the run began, or for which this machine has no
            memory.
    """
    experiment = run.experiment()
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    refuse_edits(run.config, saved, experiment, SHOWN)
    check_memory(experiment, learning=False)
    source = GivenSource(parts, experiment.data)
    learner = learner_of(experiment, saved, lambda: training_values(load_data(experiment)))
    size = batch_size(learner, source, experiment)
    loader = learner.loader(source, experiment, Use("test"), size, keep=False)
    told = memory_told(
        learner.model, lambda: "predicting", lambda: f"in {run.config} train.eval_batch_size"
    )
    keep_freed_memory()
    labels, scores, times = [], [], []
    with learner.evaluating(), threads_for(learner.model), told:
        for batch in loader.epoch(saved.at.epoch):
            outcome, record = learner.rule.evaluate(batch)
            assert outcome.scores is not None
            labels.append(predictions(outcome.scores).numpy(force=True))
            scores.append(outcome.scores.numpy(force=True))
            if record.times:
                times.append(record.times[-1].numpy(force=True))
    files, index = zip(*source.places(), strict=True)
    return Predictions(
        labels=np.concatenate(labels),
        scores=np.concatenate(scores),
        times=np.concatenate(times) if times else None,
        classes=experiment.data.classes,
        files=files,
        index=np.array(index, np.int64),
        score_words=experiment.learning.score_words,
        epoch=saved.at.epoch,
    )
