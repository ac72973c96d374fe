"""Fields that are written ``{name: ..., **settings}``."""

from typing import Annotated

import pytest
from pydantic import ValidationError

from snnrun.core.named import Named, named
from snnrun.core.registry import Entry, Settings, Table


class Square(Settings):
    """A shape."""

    side: float = 1.0


class Circle(Settings):
    """Another."""

    radius: float


INNER: Table[Entry] = Table("inner shape", "tests.inner", {"circle": Entry(Circle, "")})


class Frame(Settings):
    """A shape inside a shape."""

    inner: Annotated[Settings, named(INNER)]


TABLE: Table[Entry] = Table(
    "shape",
    "tests.shapes",
    {
        "square": Entry(Square, "builtins:dict", summary="four sides"),
        "circle": Entry(Circle, "builtins:dict", summary="round"),
        "frame": Entry(Frame, "builtins:dict", summary="a shape inside"),
    },
)
Shape = Annotated[Settings, named(TABLE)]


class Picture(Settings):
    """Named choices wherever a type may stand."""

    first: Shape
    more: tuple[Shape, ...] = ()
    last: Shape | None = Square(side=2.0)


NESTED = {"name": "frame", "inner": {"name": "circle", "radius": 3.0}}


@pytest.mark.parametrize("mode", ["python", "json"])
def test_the_name_is_put_back(mode):
    written = {
        "first": NESTED,
        "more": [{"name": "circle", "radius": 0.5}, {"name": "square", "side": 1.0}],
        "last": None,
    }
    picture = Picture.model_validate(written)
    assert picture.first == Frame(inner=Circle(radius=3.0))
    dumped = picture.model_dump(mode=mode)
    assert {**dumped, "more": list(dumped["more"])} == written
    assert Picture.model_validate(dumped) == picture
    assert Picture.model_validate_json(picture.model_dump_json()) == picture


def test_settings_and_defaults_are_taken_as_they_are():
    picture = Picture(first=Circle(radius=2.0))
    assert picture.first == Circle(radius=2.0)
    assert picture.model_dump()["last"] == {"name": "square", "side": 2.0}


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("circle", r"must be a map such as \{name: square\}"),
        ({"radius": 1}, "name: name is missing"),
        ({"name": "circel"}, "name: unknown shape 'circel'; did you mean 'circle'?"),
        ({"name": ["circle"]}, "name: unknown shape"),
        ({"name": "circle", "radius": "wide"}, "radius: .*valid number"),
        ({"name": "frame", "inner": {"name": "square"}}, "inner: name: unknown inner shape"),
        (Picture(first=Square()), "Picture is not the settings of any shape"),
    ],
)
def test_refused(first, message):
    with pytest.raises(ValidationError, match=message):
        Picture(first=first)


def test_the_mistake_inside_is_carried_outside():
    with pytest.raises(ValidationError) as caught:
        Picture(first={"name": "frame", "inner": {"name": "circle", "radius": "wide"}})
    (outer,) = caught.value.errors()
    (middle,) = outer["ctx"]["problems"]
    (inner,) = middle["ctx"]["problems"]
    assert (outer["loc"], middle["loc"], inner["loc"]) == (("first",), ("inner",), ("radius",))
    assert inner["type"] == "float_parsing"


def test_the_json_schema_has_one_alternative_for_each_name():
    schema = Picture.model_json_schema()
    alone, *choices = schema["properties"]["first"]["oneOf"]
    assert alone["enum"] == list(TABLE)
    assert [choice["properties"]["name"]["const"] for choice in choices] == list(TABLE)
    assert [choice["required"] for choice in choices] == [
        ["name"],
        ["name", "radius"],
        ["name", "inner"],
    ]
    assert all(choice["additionalProperties"] is False for choice in choices)


def test_two_uses_are_two_choices():
    assert named(TABLE) != named(TABLE)
    assert isinstance(hash(named(TABLE)), int)
    assert Named(TABLE).holds(Square())
    assert not Named(TABLE).holds(Picture(first=Square()))


class Shapes(Settings):
    """A choice that may be written without its name."""

    one: Annotated[Settings, named(TABLE, "square")] = Square()


def test_a_map_without_a_name_means_the_default():
    assert Shapes(one={"side": 3.0}).one == Square(side=3.0)
    assert Shapes(one={"name": "circle", "radius": 3.0}).one == Circle(radius=3.0)
    _, *schema = Shapes.model_json_schema()["properties"]["one"]["oneOf"]
    assert [each.get("required") for each in schema] == [[], ["name", "radius"], ["name", "inner"]]


NESTING: Table[Entry] = Table("box", "tests.boxes", {"square": Entry(Square, "")})


class Box(Settings):
    """A shape that holds such shapes."""

    holds: tuple[Annotated[Settings, named(NESTING)], ...] = ()


NESTING.add("box", Entry(Box, ""))


def test_a_shape_may_hold_shapes_of_its_own_kind():
    """Their JSON schema had no end; now the third inside each other may be anything named."""
    deep = {"name": "box", "holds": [{"name": "box", "holds": [{"name": "square", "side": 2.0}]}]}
    box = Box(holds=[deep])
    assert box.holds[0].holds[0].holds[0] == Square(side=2.0)
    assert Box(**box.model_dump()) == box
    for _ in range(2):  # the second is as the first
        _, *choice = Box.model_json_schema()["properties"]["holds"]["items"]["oneOf"]
        assert [each["title"] for each in choice] == ["square", "box"]
        _, *inner = choice[1]["properties"]["holds"]["items"]["oneOf"]
        assert [each["title"] for each in inner] == ["square", "box"]
        innermost = inner[1]["properties"]["holds"]["items"]
        named = {"type": "object", "required": ["name"]}
        assert innermost == {"oneOf": [{"type": "string"}, named]}
