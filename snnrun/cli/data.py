"""The verb ``data``: what a data set holds, and what the encoder makes of it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import ConfigOrRun, Overrides
from snnrun.cli.console import LOOK, command
from snnrun.cli.lookup import read_experiment
from snnrun.core.aligning import aligned
from snnrun.errors import DataError

if TYPE_CHECKING:
    from snnrun.data import Dataset, DataSettings
    from snnrun.evaluation.samples import SplitFacts
    from snnrun.experiment import Experiment
    from snnrun.plots.samples import Coded

_CLASSES = 20  # that are listed one by one


@command(app, LOOK)
def data(
    config: ConfigOrRun,
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR",
            help="Where the figure is drawn. [experiment_results/data/CONFIG's name]",
        ),
    ] = None,
    each: Annotated[
        int, typer.Option(min=1, metavar="N", help="Samples of a class in the figure; 10 in all.")
    ] = 1,
    figure: Annotated[
        bool, typer.Option("--figure/--no-figure", help="Draw samples beside their code.")
    ] = True,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Download the files first, if they are absent.")
    ] = False,
) -> None:  # fmt: skip
    """Show a data set: where it lies, shapes, classes, memory, samples and their code."""
    from snnrun.core.capabilities import Target
    from snnrun.runs.folder import RESULTS
    from snnrun.weighing import check_memory

    experiment = read_experiment(config, overrides or ())
    settings = experiment.data
    if fetch:
        print(_fetched(settings))
    if settings.target is Target.ACTIONS:
        print(*_of_environment(experiment), sep="\n")
        return
    check_memory(experiment, learning=False)
    from snnrun.data import load_dataset
    from snnrun.evaluation.samples import coded, facts_of

    dataset = load_dataset(settings)
    facts = {name: facts_of(source, len(settings.classes)) for name, source in dataset.splits()}
    print(*_of_samples(experiment, dataset, facts), sep="\n")
    shown, _ = coded(experiment, dataset, each)
    print("", *_of_code(experiment, shown), sep="\n")
    if figure:
        from snnrun.plots.samples import draw
        from snnrun.plots.style import save

        folder = out or RESULTS / "data" / config.stem
        paths = save(draw(shown), folder, "samples")
        print("", f"drawn: {len(shown.titles)} training samples and their code", *paths, sep="\n")


def _fetched(settings: "DataSettings") -> str:
    """Fetch the files of a data set, and say what was done."""
    files = settings.files()
    if files is None:
        return f"{_name(settings)} has no files to fetch"
    if not files.absent():
        return f"{files.place}: is there already; nothing was fetched"
    try:
        return f"fetched into {files.ready(download=True)}"
    except DataError as error:
        if files.collection:
            raise
        raise DataError(f"{error}; snnrun cannot fetch them") from error


def _name(settings: "DataSettings") -> str:
    from snnrun.data import DATASETS

    return DATASETS.name_of(settings)


def _of_environment(experiment: "Experiment") -> Iterator[str]:
    """Yield what there is to tell of episodes."""
    settings: Any = experiment.data
    yield f"{_name(settings)}: episodes; there are no samples, a network acts and is rewarded"
    yield f"observed  {list(settings.input_shape)} numbers, scaled to 0 to 1"
    yield f"actions   {settings.outputs}"
    counts = getattr(settings, "episodes", None)
    if counts is not None:
        yield f"episodes  {counts.train} train, {counts.validation} validate, {counts.test} test"


def _of_samples(
    experiment: "Experiment", dataset: "Dataset", facts: "dict[str, SplitFacts]"
) -> Iterator[str]:
    from snnrun.core.memory import size_words
    from snnrun.data import DATASETS

    settings, train = experiment.data, facts["train"]
    name = _name(settings)
    yield f"{name}: {DATASETS[name].summary}"
    yield ""
    rows = [["lies in", place] for place in _places(settings)]
    steps = "" if settings.steps is None else ", the first axis is time"
    rows.append(["shape", f"{list(settings.sample_shape)}{steps}"])
    rows.append(["values", f"{settings.values}; {train.dtype}"])
    rows.append(["targets", _targets(settings)])
    rows.append(["to predict", f"{settings.forms[0].words}"])
    yield from aligned(rows)
    yield ""
    cells = [["split", "samples", "smallest", "largest", "memory", "looked at"]]
    for split, own in facts.items():
        memory = "on disk" if own.memory is None else size_words(own.memory)
        looked = "all" if own.memory is not None else f"{own.looked_at:,}"
        cells.append(
            [split, f"{own.samples:,}", f"{own.low:.4g}", f"{own.high:.4g}", memory, looked]
        )
    yield from aligned(cells, right=range(1, 6))
    if train.counts is not None:
        yield ""
        yield from _class_counts(settings.classes, facts)


def _places(settings: "DataSettings") -> Iterator[str]:
    """Yield where the files of a data set lie."""
    files = settings.files()
    if files is not None:
        yield str(files.place)
        return
    from snnrun.data.files import find

    named = 0
    for key in sorted(settings.places):
        value: Any = settings
        for part in key.split("."):
            value = getattr(value, part, None)
        if isinstance(value, str) and value != "test":
            named += 1
            file, inside, member = value.partition(".npz/")
            yield f"{find(file + '.npz')}/{member}" if inside else str(find(value))
    if not named:
        yield "no files: made, or part of an installed package"


def _targets(settings: "DataSettings") -> str:
    classes = settings.classes
    if not classes:
        return f"{settings.target}, {list(settings.target_shape)}"
    shown = ", ".join(classes[:_CLASSES])
    return f"{len(classes)} classes: {shown}{', ...' if len(classes) > _CLASSES else ''}"


def _class_counts(classes: tuple[str, ...], facts: "dict[str, SplitFacts]") -> Iterator[str]:
    """Yield how many samples each class has; of many classes, the fewest and the most."""
    counts = {split: own.counts for split, own in facts.items() if own.counts is not None}
    if len(classes) > _CLASSES:
        for split, own in counts.items():
            yield f"{split}: {own.min():,} to {own.max():,} samples of a class"
        return
    rows = [["class", *counts]]
    rows += [
        [name, *(f"{own[label]:,}" for own in counts.values())]
        for label, name in enumerate(classes)
    ]
    yield from aligned(rows, right=range(1, len(rows[0])))


def _of_code(experiment: "Experiment", shown: "Coded") -> Iterator[str]:
    """Yield what the encoder makes of a sample."""
    import numpy as np

    from snnrun.core.capabilities import InputKind
    from snnrun.core.memory import size_words
    from snnrun.encoders import ENCODERS

    name, one = ENCODERS.name_of(experiment.encoder), shown.coded
    yield f"encoder {name}: {ENCODERS[name].summary}"
    if shown.kind is InputKind.SPIKE_TIMES:
        finite = one[np.isfinite(one)]
        spikes = np.isfinite(one).sum(axis=1)
        yield f"a sample: {one.shape[1]} inputs, of which {_span(spikes)} spike"
        if finite.size:
            yield f"times     {finite.min():.4g} to {finite.max():.4g} tau_syn"
        size = one[:1].nbytes
    elif shown.kind is InputKind.IMAGES:
        yield f"a sample: {list(one.shape[1:])}, values from {one.min():.4g} to {one.max():.4g}"
        size = one[:1].nbytes
    else:
        steps = len(one)
        inputs = math.prod(one.shape[2:])
        same = ", all the same" if shown.constant else ""
        yield f"a sample: {steps} steps of {list(one.shape[2:])}{same}"
        if np.isin(one, (0, 1)).all():
            counts = one.reshape(steps, one.shape[1], -1).sum(axis=(0, 2)).astype(int)
            yield f"spikes    {_span(counts)} of {steps * inputs:,} places"
        else:
            yield f"values    {one.min():.4g} to {one.max():.4g}"
        size = (one[:1, :1] if shown.constant else one[:, :1]).nbytes
    yield f"memory    {size_words(size)} a sample as {one.dtype}"


def _span(counts: Any) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
