"""What chaos finds: the book of the world against the journal, each way they may differ."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.chaos import call_story, findings, world_book
from console.chaos.findings import Call, RunEnd, Takeover
from console.chaos.world_book import Line
from runs.engine.ids import idempotency_key, undo_key
from runs.engine.ports import ToolContext

RUN = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
Told = tuple[str, str, str, Mapping[str, Any]]


def key(call: str, run: str = RUN) -> str:
    return idempotency_key(run, call)


def line(call: str, kind: str = "chaos_charge", run: str = RUN) -> Line:
    return Line(key(call, run), run, kind, 1.0)


def end(
    *calls: Call,
    status: str = "completed",
    waiting_for: str = "",
    stop_reason: str = "",
) -> RunEnd:
    return RunEnd(RUN, status, waiting_for, stop_reason, calls)


def call(name: str, happened: bool | None, tool: str = "chaos_charge") -> Call:
    return Call(key(name), tool, happened)


def intended(name: str, tool: str = "chaos_charge") -> Told:
    return ("call.intended", tool, "", {"call": name})


def returned(name: str, outcome: str, tool: str = "chaos_charge") -> Told:
    return ("call.returned", tool, outcome, {"call": name})


class TestDuplicates:
    def test_an_effect_that_happened_once_is_none(self) -> None:
        assert findings.duplicates([line("1.0"), line("2.0"), line("1.0", run=OTHER)]) == []

    def test_one_that_happened_twice_is_named_with_its_key(self) -> None:
        assert findings.duplicates([line("1.0"), line("2.0"), line("1.0")]) == [
            (key("1.0"), "chaos_charge")
        ]

    @pytest.mark.parametrize("kind", sorted(findings.REPEATABLE))
    def test_what_may_be_repeated_is_none_however_often_it_happened(self, kind: str) -> None:
        assert findings.duplicates([line("1.0", kind)] * 5) == []

    def test_an_undo_is_an_effect_of_its_own(self) -> None:
        undone = Line(undo_key(RUN, "1.0"), RUN, "undo chaos_reserve", 2.0)
        assert findings.duplicates([line("1.0", "chaos_reserve"), undone]) == []
        assert findings.duplicates([undone, undone]) == [(undone.key, "undo chaos_reserve")]

    @given(st.lists(st.sampled_from(["1.0", "2.0", "3.0"]), max_size=12))
    def test_each_is_named_once_and_only_when_it_was_repeated(self, names: list[str]) -> None:
        found = findings.duplicates([line(name) for name in names])
        assert [place for place, _ in found] == sorted(
            {key(name) for name in names if names.count(name) > 1}
        )


class TestLost:
    def test_a_call_that_both_know_is_not_lost(self) -> None:
        assert findings.lost([line("1.0")], [end(call("1.0", happened=True))]) == []

    def test_a_success_that_the_world_knows_nothing_of_is(self) -> None:
        [said] = findings.lost([], [end(call("1.0", happened=True))])
        assert "the world knows nothing of it" in said
        assert RUN in said

    def test_an_effect_without_a_call_is(self) -> None:
        [said] = findings.lost([line("9.0")], [end(call("1.0", happened=None))])
        assert key("9.0") in said
        assert "the journal has no such call" in said

    def test_an_effect_that_the_journal_denies_is(self) -> None:
        [said] = findings.lost([line("1.0")], [end(call("1.0", happened=False))])
        assert "did not happen, the world has it" in said

    @pytest.mark.parametrize("there", [[], [line("1.0")]])
    def test_a_call_of_which_nobody_knows_fits_either_way(self, there: list[Line]) -> None:
        assert findings.lost(there, [end(call("1.0", happened=None))]) == []

    def test_what_did_not_happen_and_is_not_there_fits(self) -> None:
        assert findings.lost([], [end(call("1.0", happened=False))]) == []

    def test_runs_are_not_mixed_up(self) -> None:
        foreign = line("1.0", run=OTHER)
        [said] = findings.lost([foreign], [end(call("1.0", happened=True))])
        assert "the world knows nothing of it" in said

    def test_an_effect_of_a_run_that_is_none_of_ours_is_nobody_s(self) -> None:
        assert findings.lost([line("1.0", run=OTHER)], []) == []


class TestRest:
    @pytest.mark.parametrize("status", ["completed", "stopped"])
    def test_what_has_ended_rests(self, status: str) -> None:
        assert findings.stuck([end(status=status)]) == []

    def test_what_waits_for_a_person_rests(self) -> None:
        assert findings.stuck([end(status="waiting", waiting_for="in_doubt")]) == []

    @pytest.mark.parametrize("status", ["queued", "running", "compensating"])
    def test_anything_else_is_stuck(self, status: str) -> None:
        assert findings.stuck([end(status=status)]) == [RUN]


class TestBlame:
    @pytest.mark.parametrize("reason", sorted(findings.FAULTS_OF_THE_HOUSE))
    def test_a_run_that_paid_for_a_fault_of_the_house_is_named(self, reason: str) -> None:
        innocent = end(status="stopped", stop_reason=reason)
        assert findings.blamed([innocent]) == [f"{RUN}: {reason}"]

    @pytest.mark.parametrize("reason", ["", "KILLED", "KILLED_IN_DOUBT"])
    def test_what_people_ended_is_nobody_s_fault(self, reason: str) -> None:
        assert findings.blamed([end(status="stopped", stop_reason=reason)]) == []


class TestStory:
    def test_an_intent_alone_leaves_open_whether_it_happened(self) -> None:
        assert call_story.calls(RUN, [intended("1.0")]) == [call("1.0", happened=None)]

    def test_a_result_says_that_it_did(self) -> None:
        told = [intended("1.0"), returned("1.0", "ok")]
        assert call_story.calls(RUN, told) == [call("1.0", happened=True)]

    @pytest.mark.parametrize("outcome", ["error", "timeout", "cancelled"])
    def test_a_failure_leaves_it_open(self, outcome: str) -> None:
        told = [intended("1.0"), returned("1.0", outcome)]
        assert call_story.calls(RUN, told) == [call("1.0", happened=None)]

    @pytest.mark.parametrize("kind", ["call.looked_up", "call.settled"])
    @pytest.mark.parametrize(
        ("word", "happened"), [("yes", True), ("no", False), ("unknown", None)]
    )
    def test_a_word_on_a_doubt_counts(self, kind: str, word: str, happened: bool | None) -> None:
        told: list[Told] = [
            intended("1.0"),
            (kind, "chaos_charge", "", {"call": "1.0", "happened": word}),
        ]
        assert call_story.calls(RUN, told) == [call("1.0", happened)]

    def test_the_last_word_counts(self) -> None:
        told: list[Told] = [
            intended("1.0"),
            ("call.settled", "chaos_charge", "", {"call": "1.0", "happened": "no"}),
            returned("1.0", "ok"),
        ]
        assert call_story.calls(RUN, told) == [call("1.0", happened=True)]

    def test_an_undo_has_a_key_of_its_own(self) -> None:
        told: list[Told] = [
            intended("1.0", "chaos_reserve"),
            returned("1.0", "ok", "chaos_reserve"),
            ("undo.intended", "chaos_reserve", "", {"call": "1.0"}),
            ("undo.returned", "chaos_reserve", "ok", {"call": "1.0"}),
        ]
        assert call_story.calls(RUN, told) == [
            call("1.0", happened=True, tool="chaos_reserve"),
            Call(undo_key(RUN, "1.0"), "undo chaos_reserve", happened=True),
        ]

    def test_a_word_on_an_undo_in_doubt_is_the_undo_s(self) -> None:
        told: list[Told] = [
            ("undo.intended", "chaos_reserve", "", {"call": "1.0"}),
            (
                "call.looked_up",
                "chaos_reserve",
                "",
                {"call": "1.0", "happened": "no", "undo": True},
            ),
        ]
        assert call_story.calls(RUN, told) == [
            Call(undo_key(RUN, "1.0"), "undo chaos_reserve", happened=False)
        ]

    def test_other_events_say_nothing_of_calls(self) -> None:
        told: list[Told] = [("step.planned", "", "", {}), ("run.leased", "", "", {"epoch": 1})]
        assert call_story.calls(RUN, told) == []


class TestFigures:
    @pytest.mark.parametrize(
        ("seconds", "most"),
        [([], 0.0), ([3.0], 3.0), ([1.0, 2.0], 2.0), (list(map(float, range(1, 201))), 198.0)],
    )
    def test_the_ninety_ninth_of_a_hundred(self, seconds: Sequence[float], most: float) -> None:
        assert findings.p99(seconds) == most

    def test_all_that_was_measured_stands_beside_what_was_found(self) -> None:
        lines = [line("1.0"), line("1.0")]
        ends = [end(call("1.0", happened=True)), end(status="running")]
        taken = [Takeover(RUN, frozen=False, seconds=0.5), Takeover(RUN, frozen=True, seconds=7.0)]
        found = findings.figures(
            lines, ends, {"worker killed": 2, "Redis killed": 1}, taken, proved=True
        )
        assert found == {
            "runs": 2,
            "faults": 3,
            "kinds": 2,
            "external_effects": 2,
            "duplicates": 1,
            "lost": 1,
            "stuck": 1,
            "blamed_innocent": 0,
            "journal_proved": 1,
            "taken_over_dead": 1,
            "takeover_dead_p99_s": 0.5,
            "taken_over_frozen": 1,
            "takeover_frozen_p99_s": 7.0,
        }


def test_the_book_is_read_in_the_order_in_which_it_was_written(tmp_path: Path) -> None:
    assert world_book.read(tmp_path) == []
    (tmp_path / world_book.NAME).write_text(
        '{"key": "a", "run": "r", "kind": "k", "at": 1}\n'
        '{"key": "b", "run": "r", "kind": "k", "at": 2.5}\n'
    )
    assert world_book.read(tmp_path) == [Line("a", "r", "k", 1.0), Line("b", "r", "k", 2.5)]


def test_what_a_tool_writes_into_the_book_is_read_back_with_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(world_book.FOLDER, str(tmp_path))
    assert not world_book.known("k1")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    world_book.append(ToolContext(RUN, 1, "olga", "1.0", "k1", RUN, at), "pay")
    [line] = world_book.read(tmp_path)
    assert (line.key, line.run, line.kind, line.pid) == ("k1", RUN, "pay", os.getpid())
    assert world_book.known("k1")
    assert not world_book.known("k2")


def test_an_effect_is_doubled_when_its_key_stands_twice_under_one_kind() -> None:
    lines = [Line(key, "r", kind, 1.0) for key, kind in ("aw", "aw", "au", "bw")]
    assert world_book.doubled(lines) == {("a", "w"): 2}
    assert world_book.doubled([]) == {}


@pytest.mark.parametrize("reason", ["NO_PROGRESS", "TOOL_FAILURE", "CRASH_LOOP", "CIRCUIT_OPEN"])
def test_a_run_that_ends_by_what_others_did_to_its_house_is_blamed(reason: str) -> None:
    assert findings.blamed([RunEnd("run", "stopped", "", reason, [])]) == [f"run: {reason}"]
    assert findings.blamed([RunEnd("run", "stopped", "", "USER_KILLED", [])]) == []
