"""Under which names the index of words has what people let go on, and what they decided."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from console.journal.records import JournalRecord
from runs.search import letting_go

AT = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


def names(kind: str, actor: str, word: str = "", person: str = "") -> set[tuple[str, str]]:
    said = {"word": word} if word else {}
    record = JournalRecord(kind, AT, actor, UUID(int=1), person=person, data=said)
    return set(letting_go.names(record))


def test_a_yes_is_an_act_and_a_decision_of_whoever_said_it() -> None:
    assert names("call.decided", "user:ada (approver)", "approve", "7") == {
        ("act", "approve"),
        ("approver actor", "user:"),
        ("approver actor", "ada (approver)"),
        ("approver actor", "ada"),
        ("approver person", "7"),
    }


def test_a_no_is_a_decision_and_no_act() -> None:
    found = names("call.decided", "user:ada", "deny")
    assert ("approver actor", "ada") in found
    assert not [each for each in found if each[0] == "act"]


def test_what_the_clock_decides_is_no_act_of_a_person() -> None:
    assert names("call.decided", "clock", "approve") == {("approver actor", "clock")}


def test_what_decides_nothing_has_no_such_name() -> None:
    assert names("call.returned", "user:ada") == set()


@pytest.mark.parametrize("act", letting_go.KINDS)
def test_each_kind_of_an_act_is_found_as_this_act(act: str) -> None:
    for kind in letting_go.KINDS[act]:
        assert ("act", act) in names(kind, "user:ada")
