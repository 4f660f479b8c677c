"""Timeline and transcript can be read on ordinary laptops,
whatever the head above them has to say."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Page, expect

from console.live import telling
from policies.gate.models import ToolPolicy
from runs.engine.vocabulary import Effect, StopReason
from runs.insights import rolling
from tests.browser.conftest import Opener
from tests.pages.lives import Life, agent, life
from tests.pages.supervised import loop

pytestmark = pytest.mark.django_db(transaction=True)
SCREENS = [(1280, 720), (1366, 768), (1536, 864), (1440, 900), (390, 844), (844, 390)]
LOW = 300
STATES = ["running", "looping", "in doubt", "budget", "completed", "killed"]
CRITERIA = [
    {
        "name": f"told {n}",
        "cel": "called('send_email') > 0",
        "sentence": "The customer has not been told.",
    }
    for n in range(3)
]


def lived(who: User, state: str) -> Life:
    """A run with a long history, in that state."""
    one = life(
        who,
        "Refund the damaged parcel of order 1042 and tell the customer. " * 4,
        of=agent("careful", acceptance=CRITERIA),
    )
    one.lease()
    for number in range(12):
        one.step("get_order", {"order": number}, {"found": "words " * 20})
    match state:
        case "looping":
            loop(one, first=13)
        case "in doubt":
            one.plan(("issue_refund", {"amount": 45}))
            one.intend("issue_refund", {"amount": 45}, Effect.IRREVERSIBLE)
            one.doubt()
        case "budget":
            one.stop(StopReason.BUDGET_EXCEEDED, detail="$0.50 of $0.50 are spent. " * 6)
        case "completed":
            one.complete()
        case "killed":
            one.stop(StopReason.USER_KILLED, detail="Nobody needs it any more.")
    one.written()
    return one


def readable(page: Page, box: str) -> float:
    """How much of the window its visible part fills once somebody has scrolled to it."""
    page.locator(box).evaluate("box => box.scrollIntoView({ block: 'end' })")
    return float(
        page.locator(box).evaluate(
            "box => { const r = box.getBoundingClientRect(); return Math.min(r.bottom, innerHeight)"
            " - Math.max(r.top, 0) }"
        )
    )


@pytest.mark.parametrize("state", STATES)
def test_timeline_and_transcript_are_high_enough_to_be_read(
    opened: Opener, otto: User, state: str
) -> None:
    one = lived(otto, state)
    page = opened(f"/runs/{one.run.pk}/")
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        for box in (".scroll:has(#timeline)", ".scroll:has(#transcript)"):
            assert readable(page, box) >= min(LOW, height - 100), (state, width, height, box)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (state, width)


def test_a_loop_is_laid_open_on_demand_and_stays_so_while_the_page_is_drawn_anew(
    opened: Opener, otto: User
) -> None:
    one = lived(otto, "looping")
    page = opened(f"/runs/{one.run.pk}/")
    evidence = page.locator("#evidence details")
    expect(evidence).not_to_have_attribute("open", "")
    evidence.locator("summary").click()
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('live:gap', { detail: { why: 'x', runs: null } }))"
    )
    with page.expect_response("**/since/**"):
        pass
    expect(evidence).to_have_attribute("open", "")


def test_the_axis_drawn_by_the_server_does_not_jump_when_the_page_draws_it(
    opened: Opener, otto: User
) -> None:
    one = lived(otto, "running")
    one.plan(("get_order", {"order": 99}))
    one.after(900)
    one.step("get_order", {"order": 100}, "found")
    one.written()
    page = opened(f"/runs/{one.run.pk}/")
    bars = (
        "[...document.querySelectorAll('#timeline rect')].map(bar => [bar.getAttribute('x'),"
        " bar.getAttribute('width'), bar.closest('[data-anew]') ? 1 : 0].map(parseFloat))"
    )
    drawn = page.evaluate(bars)
    page.evaluate(
        "new Promise(done => { document.addEventListener('patched', () => done(), { once: true });"
        " document.dispatchEvent(new CustomEvent('live:gap', { detail: { why: 'x', runs: null } }))"
        " })"
    )
    assert len(drawn) > 20
    for before, after in zip(drawn, page.evaluate(bars), strict=True):
        assert before == pytest.approx(after, abs=0.3)


WITHIN_A_WORD = """names => names.flatMap((name) => {
  const range = document.createRange();
  return name.textContent.split(/\\s+/).filter((word) => {
    const at = name.firstChild.data.indexOf(word);
    range.setStart(name.firstChild, at);
    range.setEnd(name.firstChild, at + word.length);
    return word && range.getClientRects().length > 1;
  });
})"""
"""Words that go on in the next line."""


def test_health_needs_no_sideways_scrolling_on_a_phone(
    opened: Opener,
) -> None:
    with connection.cursor() as cursor:
        for name in ("heartbeat", "flood guard", "announcer"):
            cursor.execute(
                telling.WRITE, ["worker1@a-host-of-the-shop 31347", [name], [61.0], [0], [""]]
            )
    page = opened("/health/")
    expect(page.get_by_text("a-host-of-the-shop").first).to_be_visible()
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(
            "[...document.querySelectorAll('table')].every(each =>"
            " each.getBoundingClientRect().right <= innerWidth)"
        )
        assert page.locator(".house-parts tbody th").evaluate_all(WITHIN_A_WORD) == []


def test_a_table_that_scrolls_takes_no_page_along(opened: Opener) -> None:
    ToolPolicy.objects.create(name="a-policy")
    page = opened("/policies/", "admin")
    page.set_viewport_size({"width": 800, "height": 800})
    page.locator(".scrolls table").evaluate(
        "table => { table.style.width = '1500px';"
        " table.querySelector('th:last-child').innerHTML = '<span class=sr>hidden</span>' }"
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_lists_need_no_sideways_scrolling_where_a_rail_stands_beside_them(
    opened: Opener, otto: User
) -> None:
    lived(otto, "running")
    page = opened("/")
    home = page.url
    for path in ("", "audit/?q=actor:worker", "approvals/"):
        page.goto(home + path)
        for width in (768, 800, 900, 1024):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        expect(page.get_by_role("link", name="Audit").first).to_be_visible()


def test_the_calls_of_insights_stay_in_their_card(opened: Opener, otto: User) -> None:
    one = life(otto, "Look at each order.")
    one.lease()
    for number in range(30):
        one.step("get_order", {"order": number}, {"found": "words"})
    one.complete()
    one.written()
    rolling.go_round()
    page = opened("/insights/")
    card = page.locator("section.card:has(#calls-title)")
    expect(card.locator("table")).to_be_visible()
    for width in (320, 390, 768, 1024, 1280, 1401, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert card.evaluate("card => card.scrollWidth - card.clientWidth") <= 0, width


CUT = (
    "boxes => boxes.filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth)"
    ".map(box => box.textContent.trim())"
)


def test_the_timeline_s_toolbar_is_never_cut(opened: Opener, otto: User) -> None:
    one = lived(otto, "running")
    page = opened(f"/runs/{one.run.pk}/")
    for width in (320, 390, 768, 1024, 1100, 1280, 1366, 1440):
        page.set_viewport_size({"width": width, "height": 720})
        assert page.locator(".tabs:has(.timeline-filter)").evaluate_all(CUT) == [], width


def test_status_and_goal_are_whole_in_a_window_of_a_tablet(opened: Opener, otto: User) -> None:
    one = life(otto, "The lamp of order 1042 came without its shade.", of=agent("careful"))
    one.lease()
    one.step("get_order", {"order": 1}, {"found": "words"})
    one.written()
    page = opened("/?q=")
    for width in (761, 768, 800, 900, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        for part in (".c-status .pill", ".c-goal .row-link"):
            assert page.locator(f"#rows {part}").evaluate_all(CUT) == [], (part, width)


@pytest.mark.parametrize(("size", "most"), [((1440, 900), 450), ((390, 844), 640)])
def test_what_waits_for_people_leaves_the_window_to_the_list(
    opened: Opener, otto: User, size: tuple[int, int], most: int
) -> None:
    for number in range(6):
        one = life(otto, f"Which lamp is number {number}?")
        one.lease()
        loop(one)
        one.written()
    page = opened("/")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.locator("#attention .card-head a")).to_be_visible()
    assert page.locator("#list").evaluate("list => list.getBoundingClientRect().top") <= most
