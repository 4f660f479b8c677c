"""Halt levers: whom each of them reaches, which one is named,
and the sentence an operator reads."""

from datetime import UTC, datetime

import pytest

from policies.decision import ALLOWED, DecisionKind, StopReason
from policies.halts.rules import Facts, Lever, Reach, decision

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
STEP = Facts("refund-desk")
READING = Facts("refund-desk", "get_order", "read")
REFUND = Facts("refund-desk", "issue_refund", "irreversible")
LABEL = Facts("bug-triage", "label_ticket", "reversible")
UNKNOWN = Facts("bug-triage", "time.convert", "")


def lever(reach: Reach, target: str = "", number: int = 1) -> Lever:
    return Lever(number, reach, target, "anna", AT, "Refunds go to the wrong people")


@pytest.mark.parametrize(
    ("pulled", "stops"),
    [
        (lever(Reach.ALL), [STEP, READING, REFUND, LABEL, UNKNOWN]),
        (lever(Reach.AGENT, "refund-*"), [STEP, READING, REFUND]),
        (lever(Reach.AGENT, "order bug-triage"), [LABEL, UNKNOWN]),
        (lever(Reach.TOOL, "issue_refund time.*"), [REFUND, UNKNOWN]),
        (lever(Reach.IRREVERSIBLE), [REFUND, UNKNOWN]),
    ],
    ids=lambda value: f"{value.reach}:{value.target}" if isinstance(value, Lever) else "",
)
def test_what_a_lever_reaches(pulled: Lever, stops: list[Facts]) -> None:
    assert [
        facts
        for facts in (STEP, READING, REFUND, LABEL, UNKNOWN)
        if not decision(facts, [pulled]).allowed
    ] == stops


def test_no_lever_stops_nothing() -> None:
    assert decision(REFUND, []) is ALLOWED


def test_the_sentence_says_who_when_why_and_what() -> None:
    halt = decision(REFUND, [lever(Reach.IRREVERSIBLE)])
    assert (halt.kind, halt.reason) == (DecisionKind.PAUSE, StopReason.USER_PAUSED)
    assert halt.rule == "halt:irreversible"
    assert (
        halt.sentence
        == "Halted by anna at 14:02 UTC: Refunds go to the wrong people. Everything irreversible"
        " is halted."
    )
    assert halt.facts == {"lever": 1}


def test_of_several_levers_the_widest_is_named() -> None:
    pulled = [
        lever(Reach.IRREVERSIBLE, number=1),
        lever(Reach.TOOL, "issue_*", 2),
        lever(Reach.ALL, number=3),
    ]
    halt = decision(REFUND, pulled)
    assert (halt.facts, halt.rule) == ({"lever": 3}, "halt:all")


def test_a_lever_for_tools_does_not_stop_a_step() -> None:
    assert decision(STEP, [lever(Reach.TOOL, "*"), lever(Reach.IRREVERSIBLE)]) is ALLOWED
