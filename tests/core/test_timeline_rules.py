"""What a timeline and a transcript say of judges, findings and summaries."""

from decimal import Decimal
from typing import Any

import pytest

from tests.core.run_log import Log


def judged(closer: str, sentence: str) -> Log:
    data = {
        "closer": closer,
        "steps": 10,
        "sentence": sentence,
        "version": 2,
        "model": "openai:small",
    }
    facts: dict[str, Any] = {
        "tokens_in": 900,
        "tokens_out": 12,
        "usd": Decimal("0.002"),
        "duration": 1.5,
    }
    return Log().add(
        "judge.answered", 1, data, step=10, rule="judge:every-agent", actor="judge", **facts
    )


@pytest.mark.parametrize(
    ("closer", "sentence", "said"),
    [
        (
            "no",
            "it asks the same again",
            (
                "no closer to the goal than 10 steps ago — it asks the same again (judge"
                " every-agent v2)"
            ),
        ),
        ("yes", "", "closer to the goal than 10 steps ago (judge every-agent v2)"),
        (
            "unknown",
            "No answer within 30 s.",
            "no answer — No answer within 30 s. (judge every-agent v2)",
        ),
    ],
)
def test_a_judges_word_is_a_row_with_its_rule_and_its_cost(
    closer: str, sentence: str, said: str
) -> None:
    log = judged(closer, sentence)
    [row] = log.rows()
    assert (row.what, row.note, row.tokens, row.cost, row.took) == (
        "Judge",
        said,
        "900 → 12",
        "$0.0020",
        "1.5 s",
    )
    [entry] = log.entries()
    assert entry.rule == "judge every-agent v2"


@pytest.mark.parametrize("kind", ["hint.given", "run.paused", "run.stopped"])
def test_a_finding_names_its_rule_with_its_version(kind: str) -> None:
    data = {
        "text": "Again the same.",
        "detail": "Again the same.",
        "reason": "LOOP_DETECTED",
        "version": 3,
    }
    log = Log().add(kind, 1, data, step=4, rule="loop-near")
    [row] = log.rows()
    assert " (rule loop-near v3)" in row.note
    assert ("Again the same." in row.note) == (kind == "run.stopped")
    [entry] = log.entries()
    assert "Again the same." in f"{entry.speaker} {entry.text}"


def summed_up(**facts: Any) -> Log:
    """Steps 1 to 40 were folded after a model was asked to sum them up."""
    data = {"steps": 40, "messages": 81, "summary": "Order 7 is paid.", "why": "", **facts}
    return Log().add(
        "context.compacted",
        1,
        data,
        step=44,
        model="openai:small",
        tokens_in=9_000,
        tokens_out=120,
        usd=Decimal("0.004"),
        duration=2.0,
    )


def test_a_model_s_summary_is_a_row_with_its_cost_and_is_read_in_the_transcript() -> None:
    log = summed_up(by="model")
    [row] = log.rows()
    said = "Steps 1 to 40 summed up to fit the model's window, by openai:small"
    assert (row.what, row.note, row.tone) == ("Summary", said, "")
    assert (row.tokens, row.cost, row.took) == ("9,000 → 120", "$0.0040", "2.0 s")
    [entry] = log.entries()
    assert (entry.speaker, entry.where) == ("supervisor", said)
    assert entry.text is not None
    assert entry.text.head == "Order 7 is paid."


def test_a_summary_of_no_use_says_why_and_what_it_cost_all_the_same() -> None:
    log = summed_up(by="digest", why="Its summary was too long.")
    [row] = log.rows()
    assert row.tone == "bad"
    assert row.note.endswith("by one line for each call — Its summary was too long.")
    assert row.cost == "$0.0040"
    [entry] = log.entries()
    assert entry.error == "Its summary was too long."


def test_lines_that_no_model_was_asked_for_are_a_mark() -> None:
    data = {"steps": 1, "messages": 2, "summary": "1. get() -> fine", "by": "digest"}
    [row] = Log().add("context.compacted", 1, data, step=3).rows()
    assert (row.sort, row.cost) == ("mark", "")
    assert row.note == "Step 1 summed up to fit the model's window, by one line for each call"
