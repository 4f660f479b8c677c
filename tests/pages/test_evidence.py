"""A loop and a drift are laid open on the page of the run, as far as the reader may see."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine.vocabulary import Closer, StopReason
from runs.models import Run
from tests.pages.supervised import life_of_otto, looping, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_shipped_budgets")]


def test_repeated_calls_are_laid_side_by_side_and_what_differs_is_marked() -> None:
    text = page(looping(life_of_otto()))
    evidence = text.partition('class="evidence"')[2].partition("</details>")[0]
    assert "Nearly the same call, side by side" in evidence
    assert "rule loop-near · 87% confidence" in evidence
    for colour in ("red", "green", "blue"):
        assert f"price of the <mark>{colour}</mark> lamp today" in evidence
    assert evidence.count("<mark>") == 3
    assert evidence.count("<small>same</small>") == evidence.count('<td colspan="3">') == 2
    assert "Resuming resets the loop counter" in text


def test_a_loop_that_a_person_let_pass_is_no_longer_laid_open() -> None:
    one = life_of_otto()
    looping(one)
    one.happen(e.RunResumed(at=one.after(1), actor="user:otto"))
    assert 'class="evidence"' not in page(one.written())


def drifted() -> Run:
    """A judge said no twice."""
    one = life_of_otto()
    for page_number in (1, 2):
        one.step("web_search", {"page": page_number})
        said: dict[str, Any] = {
            "closer": Closer.NO,
            "sentence": "it reads about lamps",
            "model": "openai:small",
            "usd": Decimal("0.002"),
        }
        one.happen(
            e.JudgeAnswered(
                at=one.after(1),
                step=one.state.step,
                steps=1,
                rule="judge:every-agent",
                version=7,
                **said,
            )
        )
    detail = (
        "Judged by openai:small, its last step brought it no closer to its goal: “it reads about"
        " lamps”."
    )
    reason = StopReason.DRIFTED
    one.happen(
        e.RunPaused(
            at=one.after(0.1), reason=reason, rule="judge:every-agent", version=7, detail=detail
        )
    )
    return one.written()


def test_a_run_that_drifted_says_who_judged_it_and_by_which_rule() -> None:
    text = page(drifted())
    head = text.partition('id="head"')[2].partition("</section>")[0]
    assert "Paused: drifted" in head
    assert "Judged by openai:small" in head
    assert "judge every-agent v7" in head
    assert "Resuming resets the loop counter" in head
    assert (
        text.count(
            "no closer to the goal than 1 step ago — it reads about lamps (judge every-agent v7)"
        )
        >= 2
    )


def test_a_viewer_reads_nothing_of_what_a_judge_said() -> None:
    text = page(drifted(), "viewer")
    assert "lamps" not in text
    assert "every-agent" not in text


def test_a_viewer_sees_no_calls_in_the_evidence_either() -> None:
    text = page(looping(life_of_otto()), "viewer")
    assert "web_search" not in text
    assert "lamp" not in text
    assert "loop-near" not in text


def test_hostile_arguments_stay_text_in_the_evidence() -> None:
    one = life_of_otto()
    for number in range(3):
        one.step("say", {"text": f"<script>alert({number})</script>"}, "<b>no</b>")
    facts: Mapping[str, Any] = {"kind": "near", "score": 0.9, "calls": ["1.0", "2.0", "3.0"]}
    at = one.after(0.1)
    one.happen(
        e.RunStopped(
            at=at, reason=StopReason.LOOP_DETECTED, rule="loop-near", detail="loop", facts=facts
        )
    )
    text = page(one.written())
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(<mark>0</mark>)" in text
