"""What needs a person, in words: what happened to the run, the verb that fits, where it leads; and
how the rounds of a process fare.
"""

from typing import Any

import pytest

from console.live import rounds
from console.live.telling import RoundReport
from console.pages import attention, health_page
from console.pages.parts import HealthPart
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Run


@pytest.mark.parametrize(
    ("facts", "what", "verb", "part"),
    [
        (
            {"status": RunStatus.COMPLETED, "late": 1},
            "had a call come back late: it may have been done twice",
            "Look",
            "",
        ),
        (
            {"status": RunStatus.STOPPED, "stop_reason": StopReason.KILLED_IN_DOUBT},
            "was killed during a call",
            "Settle",
            "",
        ),
        (
            {"status": RunStatus.WAITING, "waiting_for": Waiting.IN_DOUBT},
            "lost its worker during a call",
            "Settle",
            "",
        ),
        (
            {"status": RunStatus.COMPENSATING, "waiting_for": Waiting.IN_DOUBT},
            "does not know whether an undo happened",
            "Settle",
            "",
        ),
        (
            {"status": RunStatus.WAITING, "waiting_for": Waiting.APPROVAL},
            "asks for approval",
            "Look",
            "",
        ),
        (
            {"status": RunStatus.PAUSED, "stop_reason": StopReason.LOOP_DETECTED},
            "is in a loop and was paused",
            "Review",
            "#evidence",
        ),
        (
            {"status": RunStatus.PAUSED, "stop_reason": StopReason.NO_PROGRESS},
            "makes no progress and was paused",
            "Review",
            "#evidence",
        ),
        (
            {"status": RunStatus.PAUSED, "stop_reason": StopReason.BUDGET_EXCEEDED},
            "was paused by a budget",
            "Look",
            "",
        ),
        (
            {"status": RunStatus.PAUSED, "stop_reason": StopReason.TOOL_FAILURE},
            "was paused",
            "Look",
            "",
        ),
        ({"status": RunStatus.PAUSED, "stop_reason": ""}, "was paused", "Look", ""),
    ],
)
def test_a_run_that_needs_a_person_says_what_happened_to_it(
    facts: dict[str, Any], what: str, verb: str, part: str
) -> None:
    assert attention.needs(Run(**facts)) == (what, verb, part)


@pytest.mark.parametrize("reason", sorted(attention.PAUSED))
def test_every_cause_of_a_pause_is_said_as_the_end_of_a_sentence(reason: StopReason) -> None:
    what, verb, part = attention.PAUSED[reason]
    assert what.startswith(("was", "is", "makes", "left", "gave", "has", "needs"))
    assert verb in {"Look", "Review"}
    assert part.startswith("#") == (verb == "Review")


# rounds of a process


def told(name: str = "watchdog", **facts: Any) -> health_page.RoundLine:
    given: dict[str, Any] = {"process": "clock", "age": 2.0, "failures": 0, "trouble": ""}
    return health_page.RoundLine(RoundReport(**{**given, "name": name, **facts}))


@pytest.mark.parametrize(
    ("facts", "word", "words"),
    [
        ({}, "Well", "last round 2 s ago"),
        ({"age": 30.0}, "Well", "last round 30 s ago"),
        ({"age": 31.0}, "No word", "no word since 31 s"),
        ({"age": 600.0}, "No word", "no word since 10 min"),
        (
            {"failures": 1, "trouble": "timeout"},
            "Fails",
            "last round 2 s ago, failed: timeout",
        ),
        (
            {"failures": 4, "trouble": "timeout"},
            "Fails",
            "last round 2 s ago, failed 4 times in a row: timeout",
        ),
        ({"age": 99.0, "failures": 4, "trouble": "timeout"}, "No word", "no word since 99 s"),
    ],
)
def test_a_round_is_well_fails_or_gives_no_word(
    facts: dict[str, Any], word: str, words: str
) -> None:
    line = told(**facts)
    assert (line.pill.word, line.words, line.pill.sentence) == (word, words, words)


@pytest.mark.parametrize("name", sorted(rounds.ON_DEMAND))
def test_what_is_done_only_when_asked_for_is_never_missed(name: str) -> None:
    assert told(name, age=86_400.0).pill.word == "Well"


@pytest.mark.parametrize(
    ("part", "word", "seen"),
    [
        (
            HealthPart("Redis", well=True, note="2 messages waiting for runs"),
            "Well",
            "2 messages waiting for runs",
        ),
        (HealthPart("Redis", well=False, words="unreachable"), "Not well", "unreachable"),
        (
            HealthPart("Watchdog", well=True, words="it waits for Redis", note="x"),
            "Well",
            "it waits for Redis",
        ),
    ],
)
def test_a_part_of_the_house_shows_what_is_wrong_before_any_figure(
    part: HealthPart, word: str, seen: str
) -> None:
    assert (part.pill.word, part.seen) == (word, seen)
