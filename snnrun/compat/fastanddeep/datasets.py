"""The data sets of fastAndDeep and DelGrad as ours, with the code that makes spikes of them."""

from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.tables import Ours, Plain, Row, Table, Theirs, as_plain, read, write
from snnrun.data import DATASETS
from snnrun.encoders.settings import LatencySettings


@dataclass(frozen=True)
class Source:
    """A data set: our name of it, the code, the number of inputs."""

    data: Plain
    encoder: Plain
    inputs: int


SOURCES = {
    "yin_yang": Source({"name": "yin_yang"}, {"early": 0.15, "late": 2.0, "first": "low"}, 4),
    "xor": Source({"name": "xor"}, {"early": 0.15, "late": 2.0, "first": "low"}, 4),
    "bars": Source({"name": "bars"}, {"early": 0.05, "late": 0.5, "first": "low"}, 9),
    "mnist": Source(
        {"name": "mnist", "scale": 256},
        {"early": 0.15, "late": 2.0, "first": "high", "background": "spike"},
        784,
    ),
    "16x16_mnist": Source(
        {"name": "mnist", "size": 16},
        {"early": 0.15, "late": 2.0, "first": "high", "background": "silent"},
        256,
    ),
}
_FREE = "yin_yang"  # the one data set that heeds what is said beside its name
_REFUSED = {
    "pattern": "its config does not run in the original; ours is `data: {name: pattern, ...}`",
    "single_in_single_out": "its config does not run in the original and there is no such data set",
}


@dataclass(frozen=True)
class Option(Row):
    """What Yin-Yang heeds beside its name, and no other data set, in the original too."""

    ours: str

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the value where it stands here."""
        if (value := keys.switch(self.theirs)) is None:
            return
        if ours.get("data.name") == _FREE:
            ours.put(self.ours, value)
        else:
            keys.note(self.theirs, f"only {_FREE} heeds it, in the original too")

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the value; :class:`DataSet` says when."""
        theirs[self.theirs] = ours.get(self.ours)


@dataclass(frozen=True)
class DataSet(Row):
    """The name of a data set; the map around it says nothing else but its ``options``, if any."""

    options: tuple[Option, ...] = ()

    @property
    def rows(self) -> Table:
        """The options."""
        return self.options

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put data, encoder and the number of inputs."""
        name, data, code = keys.need(self.theirs), ours.part("data"), ours.part("encoder")
        found = SOURCES.get(str(name))
        if found is None:
            if isinstance(name, dict):
                text = f"must be the name of a data set, got a map of {', '.join(map(str, name))}"
                keys.problem(self.theirs, text)
            elif name is not None:
                why = _REFUSED.get(str(name), f"unknown; known: {', '.join(SOURCES)}")
                keys.problem(self.theirs, f"data set {name!r}: {why}")
            return keys.left.clear() if self.options else None
        data.plain.update(found.data)
        code.plain.update({"name": "latency", **found.encoder})
        ours.put("facts.inputs", found.inputs)
        read(self.options, keys, ours)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the name, and the options that differ from what it says."""
        for name, source in SOURCES.items():
            differs = _differences(ours, source)
            free = {option.ours for option in self.options} if name == _FREE else set()
            if differs is not None and differs <= free:
                theirs[self.theirs] = name
                theirs |= write(tuple(o for o in self.options if o.ours in differs), ours)
                return
        known = ", ".join(SOURCES)
        ours.problems.append(f"data, encoder: no data set of theirs; known: {known}")


def _differences(ours: Ours, source: Source) -> set[str] | None:
    """Return what of data and encoder is not as a source has it; None for another data set."""
    settings = {**source.data}
    name = settings.pop("name")
    if name != ours.get("data.name"):
        return None
    data, code = DATASETS[name].settings(**settings), LatencySettings(**source.encoder)
    return {
        f"{part}.{key}"
        for part, wanted in (("data", data), ("encoder", code))
        for key, value in as_plain(wanted.model_dump()).items()
        if key not in ("download", "noise") and ours.get(f"{part}.{key}") != value
    }


def _width(ours: Ours) -> Any:
    return (None, False, 16) if ours.get("data.size") == 16 else None


def _count(ours: Ours) -> Any:
    return ours.get("facts.inputs")


def _fits(ours: Ours) -> Any:
    return (None, _count(ours)) if _count(ours) else None


#: What the layout of a network says of its input.
_INPUTS = "the data set has {fine} inputs, got {given!r}"
INPUTS = Theirs("n_inputs", _count, needed=True, fine=_fits, refused=_INPUTS)
WIDTH = Theirs("width_pixel", fine=_width, refused="only 16 is there, got {given!r}")
