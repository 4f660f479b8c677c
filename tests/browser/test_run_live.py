"""A run's page in a real browser: it grows by itself, its verbs ask and tell, and a real worker
answers them.
"""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from console.live.frames import Frame
from console.live.publish import publish
from console.stack.processes import Running
from runs.engine.projection import COLUMNS
from runs.models import Run
from runs.runtime import announce
from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.pages.lives import agent, life, running
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = "".join(
    f'[[step]]\nthought = "thought {number}"\ncall = {{ tool = "search_kb", args = {{ query = "lamp'
    f' {number}" }} }}\n\n'
    for number in range(60)
)


def test_new_steps_are_appended_and_the_call_in_flight_is_completed_in_place(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    call = page.locator("#t-call-2-0")
    expect(call).to_have_class("t-call t-flying")
    one.answer("search_kb", "2.0", {"found": "the policy"})
    one.plan(("issue_refund", {"amount": 45}), thought="Then refund it.")
    one.intend("issue_refund", {"amount": 45})
    told(one)
    expect(call).not_to_have_class("t-call t-flying")
    expect(page.locator("#timeline tr").last).to_contain_text("issue_refund")
    expect(page.locator("#transcript")).to_contain_text("the policy")
    expect(page.locator("#transcript")).to_contain_text("Then refund it.")
    expect(page.locator(".now-line")).to_contain_text("Step 3 · calling issue_refund")
    expect(page.locator("#timeline tr")).to_have_count(6)


def test_each_row_comes_once_however_often_the_bell_rings(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    one.answer("search_kb", "2.0", "found")
    for number in range(8):
        one.step("read", {"n": number})
        told(one)
    expect(page.locator("#head")).to_have_attribute(
        "data-seq", str(Run.objects.get(pk=one.run.pk).seq)
    )
    ids = page.locator("#timeline tr").evaluate_all("rows => rows.map((row) => row.id)")
    assert len(ids) == len(set(ids)) == 4 + 16


def test_progress_is_shown_in_the_head_and_in_the_fleet_until_the_next_event(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    run = Run.objects.get(pk=one.run.pk)

    def progress(words: str) -> None:
        state = {column: getattr(run, column) for column in COLUMNS}
        shown = Frame(str(run.pk), run.seq, run.seq + 1, one.at.isoformat(), state)
        publish(announce.with_progress(shown, words, timezone.now()))

    progress("<b>40</b> of 65")
    expect(page.locator("#head [data-progress]")).to_have_text("· <b>40</b> of 65")
    progress("41 of 65")
    expect(page.locator("#head [data-progress]")).to_have_text("· 41 of 65")
    page.goto(page.url.partition("/runs/")[0])
    row = live(page).locator(f"#run-{run.pk}")

    def arrived() -> bool:
        progress("42 of 65")  # again, as a tool at work does: a page that just opened misses some
        return row.locator("[data-progress]").inner_text() == "· 42 of 65"

    until(arrived, "the progress in the fleet")
    one.answer("search_kb", "2.0", {"found": "the policy"})
    told(one)
    expect(row).not_to_contain_text("of 65")


def test_a_hostile_result_that_comes_in_live_stays_text(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    page.on("dialog", lambda _: pytest.fail("a script of the result ran"))
    one.answer("search_kb", "2.0", "<img src=x onerror=alert(1)><script>alert(2)</script>")
    told(one)
    expect(page.locator("#transcript")).to_contain_text("<script>alert(2)</script>")
    assert page.locator("#transcript img").count() == 0


def test_a_run_watched_from_its_first_second_is_followed_to_its_end(
    opened: Opener, otto: User
) -> None:
    one = life(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    one.lease()
    for number in range(20):
        one.step("search_kb", {"n": number})
    told(one)
    expect(page.locator("#timeline tr").last).to_be_in_viewport()
    expect(page.locator("#transcript > li").last).to_be_in_viewport()
    expect(page.get_by_text("Nothing has happened yet")).to_be_hidden()


def test_a_viewer_sees_how_much_is_left_out_as_it_grows(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/", "viewer"))
    before = page.locator("#left-out").inner_text()
    one.answer("search_kb", "2.0", "found")
    one.step("read", {"n": 1})
    told(one)
    expect(page.locator("#left-out")).not_to_have_text(before)
    expect(page.locator("#left-out")).to_contain_text("are not shown here")


def test_who_reads_further_up_is_left_there(opened: Opener, otto: User) -> None:
    one = life(otto)
    one.lease()
    for number in range(80):
        one.step("read", {"n": number}, "some words " * 20)
    one.written()
    page = live(opened(f"/runs/{one.run.pk}/"))
    box = page.locator(".scroll:has(#timeline)")
    expect(page.locator("#timeline tr").last).to_be_in_viewport()
    box.evaluate("box => box.scrollTop = 100")
    one.step("read", {"n": 80})
    told(one)
    expect(page.locator("#timeline tr").last).to_contain_text("n: 80")
    assert box.evaluate("box => box.scrollTop") == 100
    below = page.get_by_role("button", name="new below · follow")
    expect(below).to_be_visible()
    missed = int(below.locator("span").inner_text())
    one.step("read", {"n": 81})
    told(one)
    expect(below.locator("span")).to_have_text(str(missed * 2))
    page.keyboard.press("n")
    expect(page.locator("#timeline tr").last).to_be_in_viewport()
    expect(below).to_be_hidden()
    one.step("read", {"n": 82})
    told(one)
    expect(page.locator("#timeline tr").last).to_contain_text("n: 82")
    expect(page.locator("#timeline tr").last).to_be_in_viewport()
    expect(below).to_be_hidden()


def test_kill_says_what_will_happen_and_the_page_shows_it_as_requested(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.keyboard.press("x")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("The call in flight to search_kb is cancelled at once")
    dialog.get_by_role("link", name="Cancel").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert Run.objects.get(pk=one.run.pk).control == ""
    page.keyboard.press("x")
    page.get_by_label("Why").fill("wrong customer")
    page.get_by_role("button", name="Kill it").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#head .pill")).to_have_text("Kill requested")
    expect(page.locator(".now-line")).to_contain_text("not confirmed yet")
    expect(page.locator("#toasts")).to_contain_text("waiting for a worker to confirm")


def test_what_a_kill_would_do_follows_the_run_while_the_dialog_is_open(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    page.keyboard.press("x")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("The call in flight to search_kb is cancelled at once")
    page.get_by_label("Why").fill("wrong customer")
    one.answer("search_kb", "2.0", {"found": "the policy"})
    one.plan(("issue_refund", {"amount": 45}))
    one.intend("issue_refund", {"amount": 45})
    told(one)
    expect(dialog).to_contain_text("The call in flight to issue_refund is cancelled at once")
    one.answer("issue_refund", "3.0", {"refund": "rf_1"})
    one.complete()
    told(one)
    expect(dialog).to_contain_text("The run has ended by now: there is nothing to kill.")
    expect(page.get_by_label("Why")).to_have_value("wrong customer")
    expect(dialog.locator("[hx-trigger]")).to_have_count(0)
    dialog.get_by_role("link", name="Cancel").click()
    expect(page.locator("#dialog-slot")).to_be_empty()


def test_a_refusal_stays_in_the_dialog(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.keyboard.press("x")
    expect(page.locator("dialog[open]")).to_be_visible()
    one.answer("search_kb", "2.0", "found")
    one.complete()
    one.written()
    page.get_by_role("button", name="Kill it").click()
    expect(page.locator("dialog[open] [data-refusal]")).to_contain_text("already ended")


@pytest.mark.usefixtures("intercepted")
@pytest.mark.parametrize(
    ("path", "shown"), [("/runs/{run}/", "#head .pill"), ("/", "#run-{run} .c-status")]
)
def test_an_answer_that_comes_after_the_page_has_changed_is_told_all_the_same(
    opened: Opener, otto: User, path: str, shown: str
) -> None:
    one = running(otto)
    page = live(opened(path.format(run=one.run.pk)))

    def hold(route: Route) -> None:
        answer = route.fetch()
        expect(page.locator(shown.format(run=one.run.pk))).to_have_text("Pausing")
        route.fulfill(response=answer)

    page.route("**/pause/", hold)
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator("#toasts")).to_contain_text("Pause requested")


def worked(page: Page, step: int) -> None:
    """Wait until the run has come so far."""
    expect(page.locator(f"#t-call-{step}-1")).to_be_visible()


def test_a_real_worker_is_watched_paused_resumed_and_killed(
    opened: Opener, worker: Running
) -> None:
    agent("slow", script=SLOW, tools=["search_kb"])
    page = opened("/runs/start/?agent=slow")
    page.get_by_label("Goal").fill("Read about lamps")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/runs/*-*/")
    live(page)
    worked(page, 2)
    page.keyboard.press("p")
    expect(page.locator("#head .pill")).to_have_text("Paused")
    steps = Run.objects.get().step
    page.keyboard.press("p")
    expect(page.locator("#head .pill")).to_have_text("Running")
    worked(page, steps + 2)
    page.keyboard.press("x")
    page.get_by_role("button", name="Kill it").click()
    expect(page.locator("#head .pill")).to_have_text("Killed")
    run = Run.objects.get()
    assert (run.status, run.stop_reason) == ("stopped", "USER_KILLED")
    assert worker.process.poll() is None
