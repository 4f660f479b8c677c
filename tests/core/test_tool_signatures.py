"""What a function takes, on its way into a JSON Schema and back: carried right, or refused in one
sentence when the tool is declared.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from inspect import Parameter
from inspect import Signature as PythonSignature
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from typing_extensions import TypedDict

from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext, ToolSpec
from runs.engine.vocabulary import Effect
from runs.tools import arguments, parameters
from runs.tools.local import LocalTool
from runs.tools.parameters import BadTool
from runs.tools.registry import Declared
from runs.tools.schemas import signature_of
from tests.tools.calling import context


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


class Shelf(IntEnum):
    LOW = 1
    HIGH = 2


class Torn(Enum):
    PAIR = (1, 2)


class Place(NamedTuple):
    row: int
    name: str


@dataclass(frozen=True)
class Parcel:
    sku: str
    count: int = 1
    speeds: list[Speed] = field(default_factory=list)


class Label(TypedDict, total=False):
    text: str
    shelf: Shelf


def taking(hint: Any, default: Any = Parameter.empty, name: str = "x") -> Callable[..., Any]:
    """A function with one parameter of this type that gives back what it got."""

    def function(**given: Any) -> Any:
        got.append(given[name])

    got: list[Any] = []
    one = Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hint)
    function.__signature__ = PythonSignature([one])  # type: ignore[attr-defined]
    function.__annotations__ = {name: hint}
    function.got = got  # type: ignore[attr-defined]
    return function


def received(function: Callable[..., Any], args: dict[str, Json]) -> Any:
    """What the function gets when it is called as a tool with these arguments as JSON."""
    declared = Declared(function, ToolSpec("probe", "Probe.", {}, effect=Effect.READ))
    assert arguments.problems(declared.spec.schema, args) == []
    asyncio.run(LocalTool(declared).call(args, context()))
    return function.got[-1]  # type: ignore[attr-defined]


LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers(-(2**50), 2**50)),
    (str, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)),
    (bool, st.booleans()),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (date, st.dates()),
    (UUID, st.uuids()),
    (Speed, st.sampled_from(Speed)),
    (Shelf, st.sampled_from(Shelf)),
    (Literal["a", 7, None], st.sampled_from(["a", 7, None])),
    (Annotated[int, Field(ge=0, le=9, description="a digit")], st.integers(0, 9)),
    (
        Parcel,
        st.builds(Parcel, st.just("lamp"), st.integers(0, 9), st.just([Speed.SLOW])),
    ),
    (
        Label,
        st.fixed_dictionaries({}, optional={"text": st.just("a"), "shelf": st.just(Shelf.LOW)}),
    ),
    (Place, st.builds(Place, st.integers(0, 9), st.just("left"))),
    (Decimal, st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100)),
    (timedelta, st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds))),
]


def pairs(hint: Any) -> Any:
    return tuple[hint, int]


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def wrap(pair: tuple[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
        hint, values = pair
        return st.sampled_from(
            [
                (list[hint], st.lists(values, max_size=3)),  # type: ignore[valid-type]
                (
                    dict[str, hint],  # type: ignore[valid-type]
                    st.dictionaries(st.sampled_from(["k", "title", "default"]), values, max_size=3),
                ),
                (hint | None, st.none() | values),
                (pairs(hint), st.tuples(values, st.integers(0, 9))),
            ]
        )

    return inner.flatmap(wrap)


TYPES = st.recursive(st.sampled_from(LEAVES), nested, max_leaves=4)
NAMES = st.sampled_from(["x", "_x", "json", "copy", "model_config", "model_fields", "schema", "p0"])


@given(st.data())
def test_whatever_type_can_be_said_is_carried_as_it_is(data: st.DataObject) -> None:
    hint, values = data.draw(TYPES)
    name, value = data.draw(NAMES), data.draw(values)
    said = json.loads(json.dumps(parameters_json(value)))
    assert received(taking(hint, name=name), {name: said}) == value


@given(st.data())
def test_a_default_that_is_said_is_the_one_that_is_meant(data: st.DataObject) -> None:
    hint, values = data.draw(TYPES)
    value = data.draw(values)
    function = taking(hint, default=value)
    said = signature_of(function).schema["properties"]["x"]["default"]
    assert received(function, {}) == value
    assert received(function, {"x": json.loads(json.dumps(said))}) == value


def parameters_json(value: Any) -> Json:
    """A Python value as a caller would write it."""
    match value:
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return float(value)
        case date() | UUID():
            return str(value)
        case Parcel():
            return {"sku": value.sku, "count": value.count, "speeds": list(value.speeds)}
        case dict():
            return {key: parameters_json(each) for key, each in value.items()}
        case list() | tuple():
            return [parameters_json(each) for each in value]
    return value


def yields() -> Iterator[int]:
    yield 1


async def yields_later() -> AsyncIterator[int]:
    yield 1


def two_contexts(one: ToolContext, two: ToolContext | None = None) -> None: ...
def half_a_context(x: ToolContext | int) -> None: ...
def many_contexts(x: list[ToolContext]) -> None: ...
def aliased(x: Annotated[int, Field(alias="y")]) -> None: ...
def spread(**x: int) -> None: ...
def of_a_generator(x: Iterator[int]) -> None: ...
def typed_by_nobody(x: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


REFUSED: list[tuple[Callable[..., Any], str]] = [
    (yields, "yields yields: a tool returns its result whole"),
    (yields_later, "yields_later yields"),
    (two_contexts, "one and two both want the context"),
    (half_a_context, "x is more than a ToolContext"),
    (many_contexts, "x is more than a ToolContext"),
    (aliased, "parameter x has an alias"),
    (spread, "x must be nameable"),
    (of_a_generator, "x: .*Iterator.int. cannot be carried by JSON"),
    (typed_by_nobody, "one of its types leads nowhere: name 'Nowhere'"),
    (taking(Callable[[], int] | None), "x: a function cannot be carried by JSON"),
    (taking(list[Callable[[], int]]), "x: a function cannot be carried by JSON"),
    (taking(type[int]), "x: a class itself cannot be carried by JSON"),
    (taking(asyncio.Lock), "x: .*Lock.* cannot be carried by JSON"),
    (taking(Torn), r"x: \(1, 2\) cannot be chosen by a JSON value"),
    (taking(Literal[b"x"]), "x: b'x' cannot be chosen by a JSON value"),
    (taking(dict[tuple[int, int], str]), "x: a tuple cannot be a key in JSON"),
    (taking(int, "five"), "a default is not of its own type: x must be a whole number"),
    (taking(str, None), "a default is not of its own type: x must be text, not null"),
    (taking(float, float("nan")), "a default is not of its own type: x"),
    (taking(list[int], [1, "two"]), "a default is not of its own type: x"),
    (taking(dict[str, str], {"$ref": "#"}), "x: its default .* cannot be said in JSON"),
    (taking(Any, object()), "x: its default <object object at .* cannot be said in JSON"),
]


@pytest.mark.parametrize(("function", "said"), REFUSED)
def test_what_would_be_lost_on_the_way_is_refused_in_one_sentence(
    function: Callable[..., Any], said: str
) -> None:
    with pytest.raises(BadTool, match=said) as refused:
        signature_of(function)
    assert "\n" not in str(refused.value)
    assert "https://" not in str(refused.value)


def test_a_result_whose_shape_cannot_be_said_is_refused_as_well() -> None:
    @dataclass
    class Handle:
        close: Callable[[], None]

    def opened() -> Handle:
        raise NotImplementedError

    with pytest.raises(BadTool, match="opened: its result: a function cannot be carried by JSON"):
        Declared(opened, ToolSpec("opened", "Open.", {}, effect=Effect.READ))


def test_a_context_that_may_be_none_is_the_context_and_nobodys_argument() -> None:
    def ship(order: int, context: ToolContext | None = None) -> None: ...

    signature = signature_of(ship)
    assert signature.context == "context"
    assert list(signature.schema["properties"]) == ["order"]


def test_what_a_caller_gets_wrong_is_said_by_the_parameters_own_name() -> None:
    declared = Declared(
        taking(datetime, name="_when"), ToolSpec("probe", "Probe.", {}, effect=Effect.READ)
    )
    with pytest.raises(ToolError, match="_when: Input should be a valid datetime"):
        asyncio.run(LocalTool(declared).call({"_when": "soon"}, context()))


def test_unions_and_members_of_a_union_are_told_apart() -> None:
    assert parameters.members(int | None) == (int, type(None))
    assert parameters.members(list[int]) == (list[int],)
    assert received(taking(int | str), {"x": "7"}) == "7"
    assert received(taking(int | str), {"x": 7}) == 7
