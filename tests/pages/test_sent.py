"""The page of what a planner was sent at a step: to each reader as far as it is theirs, inert
whatever a tool sent back.
"""

import pytest

from runs.engine import events as e
from runs.models import Run
from tests.pages.lives import agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def long_run() -> Run:
    one = life(person("operator", "otto"), "Refund order 1042", of=agent(prompt="secret manners"))
    one.lease()
    one.step("get_order", {"order": 1042}, {"note": HOSTILE})
    one.step("get_policy", {}, "thirty days")
    one.happen(
        e.ContextCompacted(
            at=one.after(1), step=2, messages=2, steps=1, summary="The order was read.", by="model"
        )
    )
    one.step("refund", {"order": 1042}, "done")
    return one.written()


def page(run: Run, step: int, group: str = "operator") -> str:
    found = signed_in(group).get(f"/runs/{run.pk}/steps/{step}/")
    assert found.status_code == 200
    return found.content.decode()


def test_an_operator_reads_what_was_sent_and_what_was_folded() -> None:
    text = page(long_run(), 3)
    assert "What its model was sent at step 3" in text
    assert text.index("Refund order 1042") < text.index("folded · Step 1 · 2 messages")
    assert text.index("folded · Step 1") < text.index("The order was read.")
    assert text.index("The order was read.") < text.index("thirty days")
    assert "reads any folded result again" in text
    assert "secret manners" not in text


def test_hostile_results_are_only_text() -> None:
    text = page(long_run(), 2)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_viewer_reads_the_goal_and_a_count_of_the_rest() -> None:
    text = page(long_run(), 3, "viewer")
    assert "Refund order 1042" in text
    for hidden in ("The order was read.", "thirty days", "get_policy", "secret manners"):
        assert hidden not in text
    assert "not for you to read" in text


def test_each_decision_leads_to_what_it_was_made_of() -> None:
    run = long_run()
    client = signed_in("operator")
    assert f'href="/runs/{run.pk}/steps/2/"' in client.get(f"/runs/{run.pk}/").content.decode()
    assert f"/runs/{run.pk}/steps/3/" in client.get(f"/runs/{run.pk}/context/").content.decode()


def test_a_step_that_never_was_is_not_found() -> None:
    assert signed_in("operator").get(f"/runs/{long_run().pk}/steps/99/").status_code == 404


def test_of_an_erased_run_it_says_so() -> None:
    one = life(person("operator", "otto"), "Refund order 1042")
    one.lease()
    one.step("get_order", {}, "x")
    one.complete("done")
    run = one.erased()
    assert "The content of this run was erased" in page(run, 1)
