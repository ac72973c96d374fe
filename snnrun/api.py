"""The verbs: what the commands do, as functions.

>>> import snnrun
>>> run = snnrun.train("configs/first_spike_yin_yang.yaml", ["train.epochs=3"])  # doctest: +SKIP
>>> snnrun.inference(run).accuracy  # doctest: +SKIP
0.87
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.compat import open_run, start_weights
from snnrun.config.given import Overrides
from snnrun.config.shipped import located
from snnrun.core.world import TIMEOUT, World
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation import MEASURES
from snnrun.evaluation.evaluate import evaluate_run, load_learner
from snnrun.evaluation.looking import looked_at
from snnrun.evaluation.summary import SUMMARY
from snnrun.experiment import Experiment, load_config
from snnrun.plots.formats import USUAL
from snnrun.runs import checkpoint, environment
from snnrun.runs.edits import FREE, compare, overridden, refuse_edits
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.folder import RESULTS, RunDir
from snnrun.runs.lock import owned
from snnrun.runs.naming import BEST, Epoch, run_and_epoch
from snnrun.training.choosing import choose_threads
from snnrun.training.drawing import other_noise
from snnrun.training.learner import Learner
from snnrun.training.loop import Training
from snnrun.training.outlook import Outlook, outlook
from snnrun.training.replaying import Replay, record_of, replay_run
from snnrun.training.resuming import archive, extended, repair
from snnrun.training.together import joined, together
from snnrun.training.watchers.progress import Progress, Verbosity
from snnrun.training.watchers.watcher import Watcher
from snnrun.weighing import check_memory

if TYPE_CHECKING:
    from snnrun.evaluation.figures import Telling


def train(
    config: Experiment | Mapping[str, Any] | Path | str,
    overrides: Overrides = (),
    *,
    name: str | None = None,
    results: Path | str = RESULTS,
    verbosity: Verbosity = "quiet",
    source: Path | None = None,
    rank_timeout: float = TIMEOUT,
    folder: Path | None = None,
    watchers: Sequence[Watcher] = (),
) -> RunDir:
    """Train a network and return its run folder.

    Where torchrun, or ``snnrun train --nproc``, started several processes, they train together.

    Args:
        config: a config file, or the name of one that comes with snnrun; of another program: the
            folder of its files too. Or the same as a map, or an experiment that was read before.
        overrides: ``"train.epochs=3"``, several of these, or a map: ``{"train.epochs": 3}``,
            ``{"train": {"epochs": 3}}``.
        name: what the run folder is called, before the date; the config file's name by default.
        results: the folder that holds run folders.
        verbosity: how much to show.
        source: where an experiment was read from; beside a config of another program there may be
            weights that its training starts from.
        rank_timeout: seconds after which another process that does not answer counts as gone.
        folder: the run folder itself, in place of a new one in ``results``; one that is there
            holds no checkpoint.
        watchers: look on beside those that the config asks for.

    Raises:
        ConfigError: the config is wrong.
        DataError: the data are absent, or the disk cannot be written.
        Interrupted: stopped by a signal or a time limit; the run is saved.
        DivergedError: the loss is no longer a number.
    """
    if isinstance(config, Path | str):
        config = source = located(config)
        name = name or source.stem
    config = load_config(config, overrides)
    with together(config, rank_timeout) as world:
        check_memory(config, world.size)
        training = Training(config, [*_watchers(config, verbosity, world), *watchers], world)
        origin = None
        if source is not None:
            start_weights(source, training.learner.model)
        if config.train.start_from is not None:
            origin = _start_from(training, config.train.start_from)
        tried = choose_threads(training)
        config = training.experiment
        if not world.first:
            run = world.from_first(RunDir(results))
            training.start(None)
            return run
        with training.stop:  # once there is a folder, who is stopped saves
            made = (
                RunDir.make(folder)
                if folder
                else RunDir.create(Path(results), name or "experiment")
            )
            run = world.from_first(made)
            with owned(run.path):
                run.begin()
                run.write_experiment(config)
                content = environment.describe(_command(), config, world.size)
                more = {"started_from": origin, "seconds_a_batch_on_threads": tried}
                content |= {name: each for name, each in more.items() if each}
                run.write_json("environment.json", content)
                training.start(run)
        return run


def validate(
    config: Experiment | Path | str, overrides: Overrides = (), *, measure: bool = False
) -> Outlook:
    """Tell what a training would do; what cannot run is refused. Nothing is written.

    Args:
        config: an experiment, or a config file.
        overrides: ``"train.epochs=3"`` and the like, for a file.
        measure: whether to learn from some batches, to see what one takes.

    Raises:
        ConfigError: the config is wrong, this machine has no memory or no device for it.
        DataError: the data are absent, or a network to start from is.
    """
    if not isinstance(config, Experiment):
        config = load_config(config, overrides)
    check_memory(config)
    training = Training(config)
    if config.train.start_from is not None:
        _start_from(training, config.train.start_from)
    return outlook(training, measure)


def train_or_resume(
    config: Experiment,
    folder: Path,
    *,
    verbosity: Verbosity = "quiet",
    source: Path | None = None,
    rank_timeout: float = TIMEOUT,
) -> RunDir:
    """Train in this very folder, or go on with what was begun there; what is done stays as it is.

    The same call again does what is left, whatever ended the one before.

    Args:
        config: the experiment.
        folder: the run folder.
        verbosity, source, rank_timeout: as :func:`train`.

    Raises:
        ConfigError: the run that was begun there is of another config.
        DataError: there is something else in the folder; or as :func:`train`.
    """
    run = RunDir(folder)
    if folder.exists() and not run.checkpoints.is_dir() and not _launched(run, config):
        if not folder.is_dir() or any(folder.iterdir()):
            raise DataError(f"{folder} is there and no run folder; expected an empty one, or a run")
    # All processes look before they meet, and the first one writes after that: all see the same.
    if not checkpoint.saved(run.checkpoints):
        return train(
            config, verbosity=verbosity, source=source, rank_timeout=rank_timeout, folder=folder
        )
    # Where the config leaves the threads open, the run has those that were tried out when it began.
    free = () if config.train.threads else ("train.threads",)
    compare(source or run.config, config, run.config.read_text(encoding="utf-8"), run.config, free)
    if run.status().get("state") == "finished":
        return run
    return resume(run, force=True, verbosity=verbosity, rank_timeout=rank_timeout)


def _launched(run: RunDir, config: Experiment) -> bool:
    """Tell whether a folder waits for this training: a launcher wrote its config, and no more."""
    return run.config.is_file() and run.config.read_bytes() == config.dump_yaml().encode()


def _start_from(training: Training, folder: str) -> dict[str, Any]:
    """Give a network the weights that another run saved; return what is to be known of them."""
    try:
        run, epoch = open_run(*run_and_epoch(Path(folder)), as_saved=True)
        saved = checkpoint.open_epoch(run.checkpoints, epoch)
        training.learner.start_from(saved)
    except DataError as error:
        raise DataError(f"train.start_from: {error}") from error
    return {"run": str(run.path), "epoch": saved.at.epoch, "weights": saved.digest}


def resume(
    run: RunDir | Path | str,
    epoch: Epoch = None,
    savepoints: Sequence[int] = (),
    epochs: int | None = None,
    *,
    overrides: Overrides = (),
    force: bool = False,
    verbosity: Verbosity = "quiet",
    rank_timeout: float = TIMEOUT,
    watchers: Sequence[Watcher] = (),
) -> RunDir:
    """Go on training in the same run folder, bit for bit as if it had never stopped.

    Args:
        run: the run folder.
        epoch: the saved epoch to go on from, or ``"best"``; None for the last checkpoint. What was
            trained after it moves to the folder ``superseded``.
        savepoints: epochs to save; training ends at the last of them.
        epochs: the epoch to end at; None for the last savepoint, else what the config says.
        overrides: settings from here on, such as ``"train.time_limit_minutes=null"``, that change
            nothing that was learned.
        force: see :func:`snnrun.runs.lock.owned`.
        verbosity: how much to show.
        watchers: look on beside those that the config asks for.

    Raises:
        ConfigError: there is nothing left to train, or the run's config was edited, or an override
            changes what was learned.
        DataError: no such run or epoch, a damaged checkpoint, a run that is being trained.
    """
    run, epoch = open_run(run, epoch)
    run = overridden(run, overrides, FREE)
    with together(run.experiment(), rank_timeout) as world:
        if not world.first:
            config, saved = world.from_first(_NOTHING)
            training = Training(config, (), world)
            training.load(saved)
            training.start(None)
            return run
        with owned(run.path, force):
            _resume(run, epoch, savepoints, epochs, verbosity, world, watchers)
    return run


#: What a process that does not write has to say of the checkpoint to go on from.
_NOTHING: Any = None


def _resume(
    run: RunDir,
    epoch: int | None,
    savepoints: Sequence[int],
    epochs: int | None,
    verbosity: Verbosity,
    world: World,
    watchers: Sequence[Watcher],
) -> None:
    repair(run)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    progress = saved.to_continue()
    config = extended(run, saved.at, savepoints, epochs)
    refuse_edits(run.config, saved, config)
    if lacking := [*config.train.lacking()]:
        raise ConfigError(f"{run.config}: train.loggers.{index}: {text}" for index, text in lacking)
    check_memory(config, world.size)
    world.from_first((config, saved))
    training = Training(config, [*_watchers(config, verbosity, world), *watchers], world)
    training.load(saved)
    record = run.read_json("environment.json")
    now = environment.describe(_command(), config, world.size)
    for line in environment.differences(record, now):
        print(f"the bits may differ from an unbroken run: {line}", file=sys.stderr)
    told = other_noise(saved, training.learner, config, training.dataset.train)
    with training.stop:
        told += archive(run, saved.at, progress.metric_lines, progress.history_lines)
        for line in told:
            print(line, file=sys.stderr)
        run.write_experiment(config)
        continued = [*record.get("continued", []), now]
        run.write_json("environment.json", {**record, "continued": continued})
        training.start(run)


def _command() -> list[str]:
    """Return the command line, without the place where the program lies."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]


def _watchers(config: Experiment, verbosity: Verbosity, world: World) -> list[Watcher]:
    """Return the watchers that the config asks for; each is imported only when wanted."""
    if not world.first:
        return []
    watchers: list[Watcher] = [Progress(verbosity)]
    if config.train.live_plot:
        from snnrun.training.watchers.live import LivePlot

        watchers.append(LivePlot())
    if config.train.all_loggers:
        from snnrun.training.watchers.logging import Logging

        watchers += [Logging(settings) for settings in config.train.all_loggers]
    if config.train.callbacks:
        from snnrun.training.watchers.callback import made

        watchers += [made(settings) for settings in config.train.callbacks]
    return watchers


def inference(
    run: RunDir | Path | str,
    epoch: Epoch = None,
    split: str = "test",
    *,
    overrides: Overrides = (),
    rank_timeout: float = TIMEOUT,
) -> Evaluation:
    """Run a trained network over a split; see :func:`snnrun.evaluation.evaluate.evaluate_run`.

    ``epoch`` may be ``"best"``. ``overrides``, such as ``"data.download=true"``, change nothing
    that was learned.

    Where torchrun, or ``snnrun inference --nproc``, started several processes, each shows its share
    of every batch; the first one writes.
    """
    run, epoch = open_run(run, epoch, as_saved=True)
    run = looked_at(run, overrides)
    offers = run.experiment().offers
    wanted = [name for name in SUMMARY if MEASURES[name].needs <= offers]
    with joined(rank_timeout) as world:
        return evaluate_run(run, epoch, split, wanted, world=world)


def evaluate(
    runs: Sequence[RunDir | Path | str] | RunDir | Path | str,
    epoch: Epoch = None,
    *,
    out: Path | str | None = None,
    plots: Sequence[str] = (),
    formats: Sequence[str] = USUAL,
    overrides: Overrides = (),
    telling: "Telling | None" = None,
) -> list[Path]:
    """Draw the figures of each run and return their paths.

    Args:
        runs: run folders, or one.
        epoch: a saved epoch, or ``"best"``, of each run its own; None for the last one.
        out: the folder for figures and evaluation files, with one for each of several runs in it;
            None for the run folders themselves.
        plots: names of figures, such as ``"raster"``; none: all that fit.
        formats: ``"pdf"``, ``"png"``, ``"svg"``.
        overrides: settings that change nothing that was learned, such as ``"data.download=true"``.
        telling: what to say of each figure, and in between.

    Raises:
        ConfigError: the folders name different epochs; there is no such figure, or no run has it.
        DataError: a run or a figure failed, and the others were drawn; a folder is read-only.
    """
    from snnrun.evaluation.figures import draw_all

    listed = [runs] if isinstance(runs, RunDir | Path | str) else runs
    opened = [open_run(run, epoch, as_saved=True) for run in listed]
    if epoch != BEST and len({number for _, number in opened}) > 1:
        raise ConfigError("the folders name different epochs; draw them one by one")
    return draw_all(
        [(looked_at(run, overrides), number) for run, number in opened],
        None if out is None else Path(out),
        plots=plots,
        formats=formats,
        telling=telling,
    )


def replay(run: RunDir | Path | str, *, verbosity: Verbosity = "quiet") -> Replay:
    """Train a run whose numbers went wrong again, in memory, and look at every tensor.

    Nothing is written. Training is exact, so it goes wrong again where it did.

    Args:
        run: the run folder.
        verbosity: how much to show.

    Raises:
        DataError: its numbers never went wrong, or there is no whole checkpoint before that.
        ConfigError: data, encoder, model or seed were edited since; or it is another run's record.
    """
    run, _ = open_run(run, None)
    record_of(run)
    record = run.read_json("environment.json")
    for line in environment.differences(record, environment.describe([], run.experiment())):
        print(f"the bits may differ from those of the run: {line}", file=sys.stderr)
    return replay_run(run, [Progress(verbosity)])


def load(run: RunDir | Path | str, epoch: Epoch = None) -> Learner:
    """Return the learner that a run saved: encoder, model and rule, in evaluation mode.

    Its parameters gather no gradients; gradients of its input work. ``train()`` and
    ``requires_grad_()`` undo both.
    """
    return load_learner(*open_run(run, epoch, as_saved=True)).eval().requires_grad_(False)
