"""The type of a field that chooses a component by name: ``{name: ..., **settings}``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from snnrun.core.registry import Entry, Settings, Table, UnknownName


@dataclass(frozen=True, eq=False)
class Named:
    """The type of a field that is written ``{name: ..., **settings}``.

    The name selects the settings class from a table and is not stored in the settings; it is put
    back when they are saved. Made by :func:`named`.
    """

    table: Table[Entry]
    default: str | None = None

    def read(self, value: Any) -> Settings:
        """Return the settings that a map from a config stands for."""
        if isinstance(value, Settings):
            self.table.name_of(value)
            return value
        if not isinstance(value, Mapping):
            example = f"{{name: {next(iter(self.table.known))}}}"
            raise PydanticCustomError(
                "named_type", "must be a map such as {example}", {"example": example}
            )
        name = value.get("name", self.default)
        if name is None:
            raise nested([{"type": "missing", "loc": ("name",), "msg": "name is missing"}])
        try:
            entry = self.table.pick(str(name))
            return entry.settings(**{key: value[key] for key in value if key != "name"})
        except UnknownName as error:
            problem = {"type": "unknown_name", "loc": ("name",), "msg": str(error)}
            raise nested([problem | {"ctx": {"named": self}}]) from error
        except ValidationError as error:
            raise nested(error.errors(include_url=False)) from error

    def holds(self, settings: Settings) -> bool:
        """Tell whether the class of ``settings`` stands in the table."""
        return any(type(settings) is entry.settings for entry in self.table.known.values())

    def write(self, settings: Settings, info: SerializationInfo) -> dict[str, Any]:
        """Return the map that :meth:`read` turns into ``settings``."""
        return {"name": self.table.name_of(settings), **settings.model_dump(mode=info.mode)}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        write = core_schema.plain_serializer_function_ser_schema(self.write, info_arg=True)
        return core_schema.no_info_plain_validator_function(self.read, serialization=write)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if _choosing.count(self.table) > 1:  # layers that hold layers, and so on
            return {"oneOf": [{"type": "string"}, {"type": "object", "required": ["name"]}]}
        _choosing.append(self.table)
        try:
            alone = {"enum": [*self.table], "description": "a name alone: all else by default"}
            return {"oneOf": [alone, *(self._choice(name, handler) for name in self.table)]}
        finally:
            _choosing.pop()

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


#: Tables whose choices are being written, the inner ones last.
_choosing: list[Table[Entry]] = []


def named(table: Table[Entry], default: str | None = None) -> Named:
    """Mark a field as written ``{name: ..., **settings}``, the name being one of ``table``.

    A map without a name means ``default``, if there is one. In a config, a name may stand alone:
    :mod:`snnrun.config.shorthand`.

    Example:
        >>> from typing import Annotated
        >>> class Adam(Settings):
        ...     lr: float
        >>> table = Table("optimizer", "my.optimizers", {"adam": Entry(Adam, "torch.optim:Adam")})
        >>> class Train(Settings):
        ...     optimizer: Annotated[Settings, named(table)]
        >>> train = Train(optimizer={"name": "adam", "lr": 0.1})
        >>> train.optimizer, train.model_dump()
        (Adam(lr=0.1), {'optimizer': {'name': 'adam', 'lr': 0.1}})
    """
    return Named(table, default)


def nested(problems: Sequence[Mapping[str, Any]]) -> PydanticCustomError:
    """Return one error that carries those found inside a field, their ``loc`` counted from it."""
    text = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems)
    return PydanticCustomError("nested", "{text}", {"text": text, "problems": list(problems)})
