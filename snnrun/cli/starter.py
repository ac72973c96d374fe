"""A commented config to start from, made from the settings themselves.

Every setting stands in it with its default and its meaning. A setting without a default gets the
example that its field gives; a number without an example is the number of classes, as befits a
label layer. Data, encoder and rule are the first in their tables that fit the network.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from snnrun.config.dumping import inline
from snnrun.config.fields import Entries, Shape, parts, shapes
from snnrun.config.wording import choices
from snnrun.core.named import Named
from snnrun.core.registry import Entry, Settings, Table, UnknownName
from snnrun.data import DATASETS
from snnrun.encoders import ENCODERS
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.fitting import misfits_of_names
from snnrun.learning import RULES
from snnrun.models import MODELS
from snnrun.train_settings import Train

_WIDTH = 100
_SHORT = 48


def starter(model: str, data: str | None = None, rule: str | None = None) -> str:
    """Return a commented config for a network of this kind.

    Args:
        model: its name.
        data: the name of a data set; None: the first that fits.
        rule: the name of a learning rule; None: the first that fits.

    Raises:
        ConfigError: there is no such model, data set or rule; or they do not fit.
    """
    experiment = fitting(model, data, rule)
    learns = DATASETS.name_of(experiment.data)
    heading = [
        f"# A {model} network that learns {learns}. Every setting but the required ones may go.",
        "# `snnrun validate FILE` checks the file, `snnrun train FILE` runs it,",
        f"# `snnrun show {model}` tells more about the settings.",
    ]
    return "\n".join([*heading, *_section(experiment, "")]) + "\n"


def fitting(model: str, data: str | None = None, rule: str | None = None) -> Experiment:
    """Return the first experiment with these that is possible with defaults and examples."""
    network = _picked(MODELS, model).settings
    for table, name in ((DATASETS, data), (RULES, rule)):
        if name is not None:
            _picked(table, name)
    why = misfits_of_names({"model": {"name": model}, "learning": {"name": rule}}).get(
        ("learning",)
    )
    if why:
        raise ConfigError(why)
    names = (
        [data] if data else [*DATASETS],
        [*ENCODERS],
        [rule] if rule else sorted(RULES, key=lambda rule: rule != model),
    )
    for number in range(len(list(_variants(network, 1)))):  # as it is first, with all else
        for chosen, coded, learned in product(*names):
            try:
                samples: Any = DATASETS[chosen].settings()
            except ValidationError as error:
                if data:
                    lacking = [str(each["loc"][0]) for each in error.errors(include_url=False)]
                    why = _wanting(chosen, lacking)
                continue
            classes = len(samples.classes)
            variant = list(_variants(network, classes))[number]
            try:
                return Experiment.model_validate(
                    {
                        "data": samples,
                        "encoder": {"name": coded, **_examples(ENCODERS[coded].settings, classes)},
                        "model": {"name": model, **_examples(network, classes), **variant},
                        "learning": {
                            "name": learned,
                            **_examples(RULES[learned].settings, classes),
                        },
                        "train": _examples(Train, classes),
                    }
                )
            except ValidationError as error:
                found = str(error.errors(include_url=False)[0]["msg"])
                why = why if found.startswith("encoder") else found
    given = ", ".join(filter(None, [model, data, rule]))
    raise ConfigError(f"nothing fits {given} with defaults{f': {why}' if why else ''}")


def _wanting(data: str, lacking: list[str]) -> str:
    every = ", ".join(f"{key}: ..." for key in lacking)
    return (
        f"{data} wants {' and '.join(lacking)}, which `snnrun show {data}` explains; "
        f"leave --data out, and put {{name: {data}, {every}}} behind data:"
    )


def _variants(network: type[Settings], classes: int) -> Iterator[dict[str, Any]]:
    """Yield nothing, then what else could be: a last layer of so many labels, other choices."""
    yield {}
    for key, field in network.model_fields.items():
        layers = field.examples[0] if field.examples else None
        if isinstance(layers, list) and isinstance(layers[-1], dict) and "size" in layers[-1]:
            yield {key: [*layers[:-1], {**layers[-1], "size": classes}]}
        for shape in shapes(field):
            for name, entry in shape.table.items() if isinstance(shape, Named) else ():
                yield {key: {"name": name, **_examples(entry.settings, classes)}}


def _picked(table: Table[Entry], name: str) -> Entry:
    try:
        return table.pick(name)
    except UnknownName as error:
        raise ConfigError(str(error)) from error


def _examples(settings: type[Settings], classes: int) -> dict[str, Any]:
    """Return a value for every setting that has no default."""
    fields = settings.model_fields.items()
    return {name: _example(field, classes) for name, field in fields if field.is_required()}


def _example(field: FieldInfo, classes: int) -> Any:
    return field.examples[0] if field.examples else _made(shapes(field), classes)


def _made(choices: Sequence[Shape], classes: int) -> Any:
    """Return the first thing that a field may hold, with an example for all that it needs."""
    if not choices:
        return classes
    shape = choices[0]
    if isinstance(shape, Entries):
        inner = _made(shape.holds, classes)
        return {"first": inner} if shape.keyed else [inner]
    if isinstance(shape, Named):
        name, entry = next(iter(shape.table.items()))
        return {"name": name, **_examples(entry.settings, classes)}
    return _examples(shape, classes)


def _section(settings: Settings, indent: str) -> Iterator[str]:
    """Yield the lines of every setting in ``settings``."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        named = [part for part in parts(field) if isinstance(part, Named)]
        comment = field.description or ""
        if named and not value:
            comment = f"{comment}; {_others(named[0])}"
        block = isinstance(value, Settings) and (named or len(inline(value)) > _SHORT)
        if block or _holds_settings(value):
            yield from _line(f"{indent}{name}:", comment)
            yield from _below(value, named, indent + "  ")
        else:
            yield from _line(f"{indent}{name}: {inline(value)}", comment)


def _below(value: Any, named: list[Named], indent: str, others: bool = True) -> Iterator[str]:
    """Yield the lines of what stands below its key: settings, or a map or list that holds some.

    ``others`` tells of a choice by name what else there is.
    """
    if isinstance(value, Settings):
        choice = next((each for each in named if each.holds(value)), None)
        if choice:
            comment = _others(choice) if others else ""
            yield from _line(f"{indent}name: {choice.table.name_of(value)}", comment)
        yield from _section(value, indent)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            below = list(_below(entry, named, indent + "  "))
            yield f"{indent}{inline(key)}:" if below else f"{indent}{inline(key)}: {inline(entry)}"
            yield from below
    elif _holds_settings(value):
        for item in value:
            first, *rest = list(_below(item, named, indent + "  ", others=False)) or [inline(item)]
            yield from [f"{indent}- {first.lstrip()}", *rest]


def _holds_settings(value: Any) -> bool:
    """Tell whether a map or list holds settings, however deep."""
    inner = value.values() if isinstance(value, Mapping) else value
    return isinstance(value, Mapping | tuple | list) and any(
        isinstance(each, Settings) or _holds_settings(each) for each in inner
    )


def _others(named: Named) -> str:
    """Say what else could be chosen."""
    return choices(named.table)


def _line(text: str, comment: str) -> list[str]:
    """Return a line with its comment behind it, or above it where that would be too long."""
    line = f"{text}  # {comment}" if comment else text
    if len(line) <= _WIDTH:
        return [line]
    indent = " " * (len(text) - len(text.lstrip()))
    return [
        *textwrap.wrap(
            f"# {comment}", _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}# "
        ),
        text,
    ]
