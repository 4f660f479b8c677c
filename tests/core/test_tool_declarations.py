"""Declaring a function a tool: what planners are told, and what is refused at the declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field

from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect, Visibility
from runs.tools import registry
from runs.tools.parameters import BadTool
from runs.tools.registry import tool
from runs.tools.schemas import output_schema_of, signature_of

pytestmark = pytest.mark.usefixtures("no_tools")


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclass
class Box:
    sku: str
    count: int = 1


@dataclass
class Tree:
    children: "list[Tree]"


def properties(function: Callable[..., Any]) -> dict[str, Any]:
    made: dict[str, Any] = signature_of(function).schema["properties"]
    return made


def test_type_hints_become_a_schema_that_takes_nothing_else() -> None:
    def ship(
        order: int,
        amount: Annotated[Decimal, Field(gt=0, description="USD")],
        when: datetime,
        on: date,
        rush: bool,
    ) -> None: ...

    schema = signature_of(ship).schema
    assert schema == {
        "type": "object",
        "additionalProperties": False,
        "required": ["order", "amount", "when", "on", "rush"],
        "properties": {
            "order": {"type": "integer"},
            "amount": {"type": "number", "exclusiveMinimum": 0.0, "description": "USD"},
            "when": {"type": "string", "format": "date-time"},
            "on": {"type": "string", "format": "date"},
            "rush": {"type": "boolean"},
        },
    }


def test_choices_options_lists_and_defaults_are_said() -> None:
    def ship(
        speed: Speed,
        kind: Literal["a", "b"],
        boxes: list[Box],
        note: str | None = None,
        tags: list[str] = [],  # noqa: B006
    ) -> None: ...

    said = properties(ship)
    assert said["speed"] == {"type": "string", "enum": ["slow", "fast"]}
    assert said["kind"] == {"type": "string", "enum": ["a", "b"]}
    assert said["boxes"]["items"]["properties"]["sku"] == {"type": "string"}
    assert said["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert said["tags"] == {"type": "array", "items": {"type": "string"}, "default": []}


def test_objects_within_arguments_take_nothing_else_either_but_free_tables_do() -> None:
    def ship(box: Box, weights: dict[str, float]) -> None: ...

    assert properties(ship)["box"]["additionalProperties"] is False
    assert properties(ship)["weights"]["additionalProperties"] == {"type": "number"}


def test_a_shape_that_holds_itself_stays_as_a_reference() -> None:
    def plant(tree: Tree) -> None: ...

    assert "$defs" in signature_of(plant).schema


def test_fields_called_like_keywords_survive_the_tidying() -> None:
    def write(title: str, default: str, properties: str) -> None: ...

    assert set(properties(write)) == {"title", "default", "properties"}


def test_the_context_is_not_an_argument() -> None:
    def ship(order: int, context: ToolContext) -> None: ...

    signature = signature_of(ship)
    assert signature.context == "context"
    assert set(signature.schema["properties"]) == {"order"}


def test_a_declared_result_shape_becomes_an_output_schema() -> None:
    def box() -> Box: ...  # type: ignore[empty-body]
    def anything() -> dict[str, Any]: ...  # type: ignore[empty-body]

    assert output_schema_of(box) == {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "default": 1}},
        "required": ["sku"],
    }
    assert output_schema_of(anything) is None


def test_a_tool_says_what_it_is() -> None:
    @tool(effect=Effect.IRREVERSIBLE, timeout=5, scope="money", visibility=Visibility.ALWAYS_HIDDEN)
    def pay(amount: Decimal) -> None:
        """Pay somebody."""

    @pay.lookup
    def find(context: ToolContext) -> None: ...

    spec = pay.spec
    assert (spec.name, spec.description, spec.timeout, spec.scope) == (
        "pay",
        "Pay somebody.",
        5,
        "money",
    )
    assert (spec.effect, spec.idempotent, spec.visibility) == (
        Effect.IRREVERSIBLE,
        False,
        Visibility.ALWAYS_HIDDEN,
    )
    assert (spec.has_check, spec.has_lookup, spec.has_undo) == (False, True, False)
    assert registry.REGISTRY["pay"] is pay


def test_reads_are_idempotent_unless_said_otherwise() -> None:
    @tool(effect=Effect.READ)
    def look() -> None:
        """Look."""

    @tool(effect=Effect.READ, idempotent=False)
    def draw() -> None:
        """Draw a number."""

    assert (look.spec.idempotent, draw.spec.idempotent) == (True, False)


def test_a_declared_function_can_still_be_called() -> None:
    @tool(effect=Effect.READ)
    def double(number: int) -> int:
        """Twice."""
        return 2 * number

    assert double(4) == 8


def declare(function: Callable[..., Any], **facts: Any) -> Callable[[], Any]:
    return lambda: tool(effect=Effect.READ, **facts)(function)


def silent(order: int) -> None: ...
def untyped(order) -> None:  # type: ignore[no-untyped-def]
    """Says nothing of its argument."""


def spread(*orders: int) -> None:
    """Takes any number."""


def hidden(order: int, /) -> None:
    """Cannot be named."""


def foreign(order: Callable[[], int]) -> None:
    """Takes what JSON has not."""


def fine() -> None:
    """Is fine."""


def refund(order: int, note: str = "") -> None:
    """Pays an order back."""


def spread_nothing() -> None:
    """Another one."""


@pytest.mark.parametrize(
    ("making", "said"),
    [
        (declare(silent), "needs a docstring"),
        (declare(untyped), "order needs a type"),
        (declare(spread), "orders must be nameable"),
        (declare(hidden), "order must be nameable"),
        (declare(foreign), "foreign"),
        (declare(fine, name="Not fine"), "small letters"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_at_its_declaration(
    making: Callable[[], Any], said: str
) -> None:
    with pytest.raises(BadTool, match=said):
        making()


def test_two_functions_cannot_be_the_same_tool() -> None:
    tool(effect=Effect.READ, name="same")(fine)
    tool(effect=Effect.READ, name="same")(fine)
    with pytest.raises(BadTool, match="is a tool already"):
        tool(effect=Effect.READ, name="same")(spread_nothing)


@pytest.mark.parametrize(
    ("effect", "names", "said"),
    [
        (Effect.READ, ("order",), "only reads"),
        (Effect.IRREVERSIBLE, ("order", "amount"), "no argument named amount"),
        (Effect.IRREVERSIBLE, ("order.the id",), "no name of an argument"),
    ],
)
def test_an_effect_key_names_arguments_of_a_tool_that_has_an_effect(
    effect: Effect, names: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadTool, match=said):
        tool(effect=effect, effect_key=names)(refund)
    declared = tool(effect=Effect.IRREVERSIBLE, effect_key=["order"])(refund)
    assert declared.spec.effect_key == ("order",)


def test_a_hook_that_wants_unknown_things_is_refused() -> None:
    declared = tool(effect=Effect.READ)(fine)
    with pytest.raises(BadTool, match="no such thing as order; it may name args, context"):
        declared.lookup(lambda order: None)
    declared.check(lambda result: True)
    with pytest.raises(BadTool, match="has a check already"):
        declared.check(lambda: True)


def doubled(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize(
    ("hint", "plain"),
    [
        (int, True),
        (str | None, True),
        (list[str], True),
        (list[Any], True),
        (Literal["a", 1, None], True),
        (Annotated[Decimal, Field(gt=0)], True),
        (datetime, True),
        (Annotated[int, Field(default=3)], True),
        (Speed, False),
        (Literal[Speed.SLOW], False),
        (Box, False),
        (list[Box], False),
        (Tree, False),
        (Annotated[int, AfterValidator(doubled)], False),
        (list[Annotated[int, AfterValidator(doubled)]], False),
        (Annotated[list[int], Field(default_factory=list)], False),
    ],
)
def test_arguments_are_plain_where_reading_them_runs_nothing_of_their_author(
    hint: Any, plain: bool
) -> None:
    def ship(order: Any) -> None: ...

    ship.__annotations__["order"] = hint
    assert signature_of(ship).plain is plain
    assert signature_of(lambda: None).plain


def test_arguments_that_may_be_left_out_are_plain_where_what_stands_for_them_is() -> None:
    def slow(speed: str = "slow", most: int | None = None) -> None: ...

    def typed(speed: str = Speed.SLOW) -> None: ...

    assert signature_of(slow).plain
    assert not signature_of(typed).plain
