"""Find a component by the name that a config gives it.

Every kind of component (data set, encoder, model, learning rule, plot) has one plain table of
entries. An entry names its target as ``"module:attribute"``, so a table can be read, and a config
checked, without importing torch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializationInfo,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Settings(BaseModel):
    """What a config may say about a component: known keys only, never changed afterwards.

    Numbers are finite, save in a field that says otherwise by ``allow_inf_nan``.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


@dataclass(frozen=True)
class Entry:
    """A component: its settings, where it is built, the paper it comes from, one line on it."""

    settings: type[Settings]
    target: str
    paper: str
    summary: str

    def load(self) -> Callable[..., Any]:
        """Import and return the function or class that builds the component."""
        module, attribute = self.target.split(":")
        build: Callable[..., Any] = getattr(import_module(module), attribute)
        return build


class UnknownName(ValueError):
    """A name that no table holds."""


def near(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that ``name`` was most likely meant to be.

    Example:
        >>> near("treshold", ["threshold", "tau_mem"])
        'threshold'
    """
    matches = get_close_matches(name, list(choices), n=1)
    return matches[0] if matches else None


def pick(table: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """Return the entry called ``name``.

    Example:
        >>> pick({"lif": Entry(Settings, "m:f", "", "")}, "lfi", "model")
        Traceback (most recent call last):
        ...
        snnrun.core.registry.UnknownName: unknown model 'lfi'; did you mean 'lif'? known: lif
    """
    if name in table:
        return table[name]
    guess = near(name, table)
    hint = f" did you mean {guess!r}?" if guess else ""
    raise UnknownName(f"unknown {kind} {name!r};{hint} known: {', '.join(sorted(table))}")


def entry_of(table: Mapping[str, Entry], settings: Settings) -> Entry:
    """Return the entry whose settings class ``settings`` is an instance of."""
    return next(entry for entry in table.values() if type(settings) is entry.settings)


@dataclass(frozen=True, eq=False)
class Named:
    """The type of a field that is written ``{name: ..., **settings}``.

    The name selects the settings class from a table and is not stored in the settings; it is put
    back when they are saved. Made by :func:`named`.
    """

    table: Mapping[str, Entry]
    kind: str
    default: str | None = None

    def read(self, value: Any) -> Settings:
        """Return the settings that a map from a config stands for."""
        if isinstance(value, Settings):
            self.name_of(value)
            return value
        if not isinstance(value, Mapping):
            example = f"{{name: {next(iter(self.table))}}}"
            raise PydanticCustomError(
                "named_type", "must be a map such as {example}", {"example": example}
            )
        name = value.get("name", self.default)
        if name is None:
            raise nested([{"type": "missing", "loc": ("name",), "msg": "name is missing"}])
        try:
            entry = pick(self.table, str(name), self.kind)
            return entry.settings(**{key: value[key] for key in value if key != "name"})
        except UnknownName as error:
            problem = {"type": "unknown_name", "loc": ("name",), "msg": str(error)}
            raise nested([problem | {"ctx": {"named": self}}]) from error
        except ValidationError as error:
            raise nested(error.errors(include_url=False)) from error

    def holds(self, settings: Settings) -> bool:
        """Tell whether the class of ``settings`` stands in the table."""
        return any(type(settings) is entry.settings for entry in self.table.values())

    def name_of(self, settings: Settings) -> str:
        """Return the name under which the class of ``settings`` stands in the table."""
        for name, entry in self.table.items():
            if type(settings) is entry.settings:
                return name
        raise ValueError(f"{type(settings).__name__} is not the settings of any {self.kind}")

    def write(self, settings: Settings, info: SerializationInfo) -> dict[str, Any]:
        """Return the map that :meth:`read` turns into ``settings``."""
        return {"name": self.name_of(settings), **settings.model_dump(mode=info.mode)}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        write = core_schema.plain_serializer_function_ser_schema(self.write, info_arg=True)
        return core_schema.no_info_plain_validator_function(self.read, serialization=write)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"oneOf": [self._choice(name, handler) for name in self.table]}

    def _choice(self, name: str, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON schema of one entry: that of its settings, and its name."""
        entry = self.table[name]
        fields = handler.resolve_ref_schema(handler(entry.settings.__pydantic_core_schema__))
        constant = {"const": name, "description": entry.summary}
        return {
            **fields,
            "title": name,
            "properties": {"name": constant, **fields.get("properties", {})},
            "required": [*(["name"] if name != self.default else []), *fields.get("required", [])],
        }


def named(table: Mapping[str, Entry], kind: str, default: str | None = None) -> Named:
    """Mark a field as written ``{name: ..., **settings}``, the name being one of ``table``.

    A map without a name means ``default``, if there is one.

    Example:
        >>> from typing import Annotated
        >>> class Adam(Settings):
        ...     lr: float
        >>> table = {"adam": Entry(Adam, "torch.optim:Adam", "", "")}
        >>> class Train(Settings):
        ...     optimizer: Annotated[Settings, named(table, "optimizer")]
        >>> train = Train(optimizer={"name": "adam", "lr": 0.1})
        >>> train.optimizer, train.model_dump()
        (Adam(lr=0.1), {'optimizer': {'name': 'adam', 'lr': 0.1}})
    """
    return Named(table, kind, default)


def nested(problems: Sequence[Mapping[str, Any]]) -> PydanticCustomError:
    """Return one error that carries those found inside a field, their ``loc`` counted from it."""
    text = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems)
    return PydanticCustomError("nested", "{text}", {"text": text, "problems": list(problems)})
