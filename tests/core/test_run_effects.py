"""What a run did to the world, and what has become of each of its calls, in words."""

from typing import Any

import pytest

from runs.reading import effects
from tests.core.run_log import Log

ABLE, LASTS = {"effect": "reversible", "undo": True}, {"effect": "irreversible"}


def called(log: Log, call: str, intent: dict[str, Any], verdict: str = "succeeded") -> None:
    step = int(call.split(".")[0])
    facts = {"call": call, "args": {"n": 3}, **intent}
    log.add("call.intended", 1, facts, step=step, tool="order")
    back = {"call": call, "result": {"id": 7}}
    log.add("call.returned", 1, back, step=step, tool="order", outcome="ok", verdict=verdict)


def undone(log: Log, call: str, verdict: str, attempt: int = 1, **facts: Any) -> None:
    told = {"call": call, "attempt": attempt, **facts}
    log.add("undo.returned", 1, told, step=1, tool="order", outcome="ok", verdict=verdict)


def only(log: Log) -> effects.RunEffect:
    [found] = effects.told(log.stored)
    return found


class TestAnEffect:
    def test_is_told_with_what_was_sent_and_what_came_back(self) -> None:
        log = Log()
        called(log, "2.1", ABLE)
        found = only(log)
        assert (found.call, found.tool, found.step) == ("2.1", "order", 2)
        assert (found.args, found.known, found.able, found.undone) == (
            "n: 3", "It can be undone.", True, False,
        )  # fmt: skip
        assert "7" in found.gave

    def test_that_has_no_undo_lasts(self) -> None:
        log = Log()
        called(log, "1.1", LASTS)
        assert (only(log).known, only(log).able, only(log).tone) == (
            "Its tool has no undo.", False, "bad",
        )  # fmt: skip

    @pytest.mark.parametrize("verdict", ["unknown", None])
    def test_of_which_nobody_knows_is_no_less_told(self, verdict: str | None) -> None:
        log = Log()
        if verdict:
            called(log, "1.1", ABLE, verdict)
        else:
            log.add("call.intended", 0, {"call": "1.1", **ABLE}, step=1, tool="order")
        assert (only(log).known, only(log).able) == ("Nobody knows whether it happened.", False)

    def test_that_failed_and_was_once_never_answered_may_stand(self) -> None:
        log = Log()
        log.add("call.intended", 0, {"call": "1.1", **ABLE}, step=1, tool="order")
        back = {"call": "1.1", "error": "no", "silent": True}
        log.add("call.returned", 1, back, step=1, tool="order", outcome="error", verdict="failed")
        assert (only(log).known, only(log).able) == ("Nobody knows whether it happened.", False)

    @pytest.mark.parametrize(
        ("intent", "verdict"), [({"effect": "read"}, "succeeded"), (ABLE, "failed")]
    )
    def test_is_none_where_nothing_changed(self, intent: dict[str, Any], verdict: str) -> None:
        log = Log()
        called(log, "1.1", intent, verdict)
        assert effects.told(log.stored) == []

    @pytest.mark.parametrize(
        ("verdict", "attempt", "known", "able"),
        [
            ("succeeded", 1, "Undone 20 Nov 2026", False),
            ("failed", 3, "Its undo failed: 503", True),
            ("failed", 1, "Its undo has begun.", True),
            ("unknown", 1, "Its undo has begun.", True),
        ],
    )
    def test_says_what_became_of_undoing_it(
        self, verdict: str, attempt: int, known: str, able: bool
    ) -> None:
        log = Log()
        called(log, "1.1", ABLE)
        undone(log, "1.1", verdict, attempt, error="503")
        found = only(log)
        assert (found.able, found.undone) == (able, verdict == "succeeded")
        assert found.known.startswith(known[:6])
        assert ("503" in found.known) is ("503" in known)

    def test_whose_undo_nobody_knows_of_cannot_be_chosen_again(self) -> None:
        log = Log()
        called(log, "1.1", ABLE)
        word = {"call": "1.1", "undo": True, "happened": "unknown"}
        log.add("call.settled", 1, word, step=1, tool="order")
        undone(log, "1.1", "failed", 3, error="Nobody knows whether this undo happened.")
        assert (only(log).able, only(log).undone) == (False, False)

    def test_that_a_person_was_asked_about_says_so(self) -> None:
        log = Log()
        log.add("call.asked", 0, {"call": "1.1"}, step=1, tool="order")
        called(log, "1.1", ABLE)
        assert only(log).asked


def test_effects_are_listed_newest_first() -> None:
    log = Log()
    called(log, "1.1", ABLE)
    called(log, "2.1", LASTS)
    assert [each.call for each in effects.told(log.stored)] == ["2.1", "1.1"]
