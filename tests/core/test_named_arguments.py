"""What a policy names and no tool has is said before it refuses anything."""

import pytest

from policies.gate.known_tools import KnownTool
from policies.gate.named_arguments import NamingPolicy, warnings

REFUND = KnownTool("issue_refund", "irreversible", frozenset({"amount", "recipient"}))
ORDER = KnownTool("get_order", "read", frozenset({"order_id"}))
OPEN = KnownTool("clock.any", "", None)
HOUSE = (REFUND, ORDER)


def said(tools: tuple[KnownTool, ...] = HOUSE, **parts: str) -> list[str]:
    return warnings(NamingPolicy(**{"tool": "issue_refund", **parts}), tools)


@pytest.mark.parametrize(
    "condition",
    [
        "args.amount > 3",
        'args["amount"] > 3 && !has(args.recipient)',
        "run.step > 3",
        "size(args) > 1",
        "args.recipient.endsWith('@evil.example')",
    ],
)
def test_a_condition_on_what_is_there_is_not_warned_of(condition: str) -> None:
    assert said(condition=condition) == []


def test_a_condition_on_what_is_not_there_says_what_may_be_meant_and_what_follows() -> None:
    [line] = said(condition="args.amout > 100")
    assert line == (
        "No tool this policy fits has an argument “amout”; did you mean “amount”? As it stands it"
        " refuses all of them."
    )
    [line] = said(condition="run.step > 3 && args['amout'] > 100")
    assert line.endswith("Where it comes to that, the call is refused.")
    [line] = said(condition="has(args.amout)")
    assert line.endswith("did you mean “amount”?")


def test_caps_keys_and_sentences_name_arguments_as_well() -> None:
    assert len(said(caps="args.amout <= 50")) == 1
    assert len(said(effect_key="order_id amount")) == 1
    assert len(said(sentence="{args.amout:money} to {args.recipient} by {agent}")) == 1


def test_a_tool_that_takes_anything_is_not_guessed_about() -> None:
    assert said((REFUND, OPEN), tool="*", condition="args.amout > 100") == []


def test_tools_that_lack_the_argument_which_others_have_are_named() -> None:
    [line] = said(tool="*", condition="args.amount > 100")
    assert line == ("1 tool has no argument “amount”, and as it stands it refuses them: get_order.")
    assert said(tool="*", condition="args.amount > 100", effect="irreversible") == []
    assert said(tool="*", condition="args.amount > 100", agent="refund-desk") == []


def test_a_tool_that_nobody_knows_is_named() -> None:
    [line] = said(tool="issue_refnd get_*")
    assert line == "No tool that is known here fits “issue_refnd”; did you mean “issue_refund”?"
    assert said(tool="*") == []


def test_an_expression_that_cannot_be_read_is_left_to_its_form() -> None:
    assert said(condition="(" * 60) == []


PAID = KnownTool("issue_refund", "irreversible", frozenset({"amount"}), frozenset({"amount"}))


@pytest.mark.parametrize("condition", ['args.amount > "100"', "'100' <= args['amount']"])
def test_a_number_that_is_held_against_a_text_refuses_every_call(condition: str) -> None:
    [line] = said((PAID,), condition=condition)
    assert line.startswith("“amount” is a number, and ")
    assert line.endswith("is a text: write it without quotes. As it stands it refuses all of them.")
    [line] = said((PAID,), condition=f"run.step > 3 && {condition}")
    assert line.endswith("Where it comes to that, the call is refused.")
    assert said((PAID,), caps=condition)


def test_a_number_is_never_a_text() -> None:
    [line] = said((PAID,), condition='args.amount == "100"')
    assert line.endswith("The two are never equal.")


@pytest.mark.parametrize(
    "condition", ["args.amount > 100", "string(args.amount) == '100'", "args.amount > run.step"]
)
def test_a_number_that_is_held_against_a_number_is_not_warned_of(condition: str) -> None:
    assert said((PAID,), condition=condition) == []


def test_what_may_be_written_as_text_may_be_compared_with_one() -> None:
    assert said((REFUND,), condition='args.amount == "100"') == []
