"""Pause, resume, kill, requeue and settle from the browser: each works, is a POST, is refused in
words, and is no viewer's.
"""

import pytest
from django.test import Client

from runs import run_rows
from runs.engine.projection import project
from runs.engine.vocabulary import Control, StopReason
from runs.models import Run
from tests.pages.lives import Life, life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
VERBS = ("pause", "resume", "kill", "requeue", "settle")
HTMX = {"HX-Request": "true"}


def fresh(one: Life) -> Run:
    return Run.objects.get(pk=one.run.pk)


@pytest.fixture
def one() -> Life:
    return running(person("operator", "otto"))


@pytest.fixture
def operator() -> Client:
    return signed_in("operator")


def test_pause_is_requested_and_then_waits_for_the_worker(one: Life, operator: Client) -> None:
    response = operator.post(f"/runs/{one.run.pk}/pause/", {"note": "let me look"})
    assert response["Location"] == f"/runs/{one.run.pk}/"
    assert fresh(one).control == Control.PAUSE
    assert "let me look" in operator.get(f"/runs/{one.run.pk}/").content.decode()


def test_resume_lets_a_paused_run_go_on(one: Life, operator: Client) -> None:
    one.pause()
    one.written()
    operator.post(f"/runs/{one.run.pk}/resume/")
    assert fresh(one).status == "queued"


def test_requeue_gives_a_crash_loop_another_chance(operator: Client) -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.stop(StopReason.CRASH_LOOP)
    one.written()
    operator.post(f"/runs/{one.run.pk}/requeue/")
    assert fresh(one).status == "queued"


def test_after_a_requeue_the_row_is_what_its_journal_folds_to(operator: Client) -> None:
    """The journal is not read for it, so the columns are written down beside the fold."""
    one = life(person("operator", "otto"))
    one.lease()
    one.stop(StopReason.CRASH_LOOP)
    one.written()
    operator.post(f"/runs/{one.run.pk}/requeue/")
    row = fresh(one)
    folded = project(run_rows.state_of(row))
    assert {name: getattr(row, name) for name in folded} == folded


@pytest.mark.parametrize(("word", "said"), [("yes", "it did happen"), ("no", "it did not happen")])
def test_settle_notes_whether_the_call_happened(operator: Client, word: str, said: str) -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    one.intend("charge_card", {"amount": 45})
    one.lease(epoch=2)
    one.doubt()
    one.written()
    assert "Did the call happen?" in operator.get(f"/runs/{one.run.pk}/").content.decode()
    operator.post(
        f"/runs/{one.run.pk}/settle/",
        {"happened": word, "sure": "yes", "note": "the bank's own list"},
    )
    assert said in operator.get(f"/runs/{one.run.pk}/").content.decode()
    assert fresh(one).waiting_for == ""


def test_settle_takes_yes_or_no_only(one: Life, operator: Client) -> None:
    assert operator.post(f"/runs/{one.run.pk}/settle/", {"happened": "perhaps"}).status_code == 404


def test_kill_asks_first_and_says_what_will_happen_to_this_run(operator: Client) -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step("issue_refund", {"amount": 45}, undo=True)
    one.step("send_mail", {"to": "anna@example.com"}, effect="irreversible")
    one.plan(("search_kb", {"query": "x"}))
    one.intend("search_kb", {"query": "x"})
    one.written()
    text = operator.get(f"/runs/{one.run.pk}/kill/").content.decode()
    assert "The call in flight to search_kb is cancelled at once" in text
    assert "1 succeeded action will be undone, newest first: issue_refund." in text
    assert "1 action cannot be undone and will stay: send_mail." in text
    assert fresh(one).control == Control.NONE


def test_kill_is_requested_by_post_with_its_reason(one: Life, operator: Client) -> None:
    operator.post(f"/runs/{one.run.pk}/kill/", {"note": "wrong customer"})
    assert fresh(one).control == Control.KILL
    assert "wrong customer" in operator.get(f"/runs/{one.run.pk}/").content.decode()


def test_to_htmx_a_verb_answers_with_the_head_and_a_toast(one: Life, operator: Client) -> None:
    text = operator.post(f"/runs/{one.run.pk}/pause/", headers=HTMX).content.decode()
    assert '<section id="head"' in text
    assert "Pause requested" in text
    assert 'hx-swap-oob="beforeend"' in text
    assert "<html" not in text


def test_a_refusal_is_a_page_with_its_sentence_and_a_toast_to_htmx(
    one: Life, operator: Client
) -> None:
    plain = operator.post(f"/runs/{one.run.pk}/resume/")
    assert plain.status_code == 409
    assert "Only a paused run can be resumed; this one is running." in plain.content.decode()
    toast = operator.post(f"/runs/{one.run.pk}/resume/", headers=HTMX)
    assert toast.status_code == 409
    assert toast["HX-Reswap"] == "none"
    assert "Only a paused run can be resumed" in toast.content.decode()
    assert "<html" not in toast.content.decode()


def test_a_second_kill_is_refused_and_changes_nothing(one: Life, operator: Client) -> None:
    operator.post(f"/runs/{one.run.pk}/kill/")
    seq = fresh(one).seq
    assert operator.post(f"/runs/{one.run.pk}/kill/").status_code == 409
    assert fresh(one).seq == seq


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("group", ["viewer", "approver", "auditor"])
def test_a_verb_is_not_for_whoever_may_only_look(one: Life, verb: str, group: str) -> None:
    seq, client = fresh(one).seq, signed_in(group)
    assert client.post(f"/runs/{one.run.pk}/{verb}/", {"happened": "yes"}).status_code == 403
    assert (
        client.post(f"/runs/{one.run.pk}/{verb}/", {"happened": "yes"}, headers=HTMX).status_code
        == 403
    )
    assert fresh(one).seq == seq


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "kill"])
def test_a_verb_is_never_a_get(one: Life, operator: Client, verb: str) -> None:
    assert operator.get(f"/runs/{one.run.pk}/{verb}/").status_code == 405


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_without_a_token_is_forbidden(one: Life, verb: str) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(one.run.principal, backend="django.contrib.auth.backends.ModelBackend")
    assert careful.post(f"/runs/{one.run.pk}/{verb}/").status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_run_has_no_verbs(operator: Client, verb: str) -> None:
    assert (
        operator.post(
            f"/runs/00000000-0000-4000-8000-000000000000/{verb}/", {"happened": "yes"}
        ).status_code
        == 404
    )


def test_a_kill_on_a_page_that_only_asks_for_it_leads_to_the_run(
    one: Life, operator: Client
) -> None:
    page = f"/runs/{one.run.pk}/kill/"
    headers = HTMX | {"HX-Current-URL": f"http://testserver{page}"}
    answer = operator.post(page, headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/runs/{one.run.pk}/")
