"""Two runs beside each other: how they stand, where they part, and no more of either than its
reader may see of the run itself.
"""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from runs.models import Agent, Run
from runs.reading import compared_runs
from tests.markup import read
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"
Step = tuple[str, dict[str, Any], Any]
FIND: Step = ("get_order", {"order": 1042}, {"state": "delivered"})
REFUND: Step = ("issue_refund", {"order": 1042, "amount": 12.5}, "paid back")


@pytest.fixture
def of() -> Agent:
    return agent()


def otto() -> User:
    return User.objects.filter(username="otto").first() or person("operator", "otto")


def lived(of: Agent, *steps: Step, goal: str = "Refund order 1042", final: str = "") -> Run:
    one: Life = life(otto(), goal, of=of)
    one.lease()
    for tool, args, answer in steps:
        one.step(tool, args, answer)
    if final:
        one.complete(final)
    return one.written()


def compared(one: Run, other: Run, group: str = "operator") -> str:
    answer = signed_in(group).get(f"/runs/{one.pk}/compare/{other.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_call_that_differs_is_marked_with_what_differs(of: Agent) -> None:
    one = lived(of, FIND, REFUND, final="Done")
    other = lived(of, FIND, ("issue_refund", {"order": 1042, "amount": 99}, "paid back"))
    text = compared(one, other)
    assert text.count("They part here") == 1
    row = text[text.index('id="part"') :]
    row = row[: row.index("</tr>")]
    assert "other arguments" in row
    assert re.findall(r"<mark>(.*?)</mark>", row) == ["12.5", "99"]
    assert "1042" not in read(row).words, "what is the same is not said again"
    assert f"/runs/{other.pk}/?at=2" in row
    assert "1 call is the same" in read(text).words
    assert "only in the first" in text[text.index('id="part"') :], "its final answer"


def test_heads_and_figures_stand_side_by_side(of: Agent) -> None:
    one, other = lived(of, FIND, REFUND, final="Done"), lived(of, FIND)
    text = compared(one, other)
    assert "Completed" in text
    assert "Running" in text
    assert "get_order · issue_refund" in read(text).words


def test_runs_that_did_the_same_never_part(of: Agent) -> None:
    text = compared(lived(of, FIND, REFUND), lived(of, FIND, REFUND))
    assert "they never part" in text
    assert "They part here" not in text


def test_another_answer_to_the_same_call_is_said_and_is_no_parting(of: Agent) -> None:
    text = compared(lived(of, FIND), lived(of, ("get_order", {"order": 1042}, {"state": "lost"})))
    assert "other answer" in text
    assert "<mark>lost</mark>" in text
    assert "they never part" in text


def test_a_viewer_sees_how_they_stand_and_not_what_tools_were_told(of: Agent) -> None:
    text = compared(lived(of, FIND, REFUND), lived(of, FIND), "viewer")
    assert "Refund order 1042" in text
    for hidden in ("issue_refund", "12.5", "paid back", "delivered"):
        assert hidden not in text
    assert "your role does not see what tools were told" in text


def test_what_a_tool_wrote_stays_text(of: Agent) -> None:
    text = compared(
        lived(of, ("get_order", {"note": HOSTILE}, HOSTILE)),
        lived(of, ("get_order", {"note": f"{HOSTILE} and more"}, "\u202eturned")),
    )
    assert HOSTILE not in text
    assert "\u202e" not in text


def test_long_runs_are_compared_by_their_first_steps_and_it_says_so(
    of: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared_runs, "MOST", 2)
    monkeypatch.setattr(compared_runs, "MOST_ROWS", 1)
    others = [("search", {"n": n}, "found") for n in range(4)]
    text = read(compared(lived(of, FIND, *others), lived(of, *others))).words
    assert "of each the first 2 steps" in text
    assert "2 further rows are not shown" in text


def test_what_is_too_much_to_compare_is_shown_all_the_same(
    of: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared_runs, "COMPARED", 3)
    text = compared(lived(of, FIND), lived(of, ("get_order", {"order": 77}, "x")))
    assert "<mark>1042</mark>" in text
    assert "<mark>77</mark>" in text


def test_an_erased_run_is_compared_without_its_content(of: Agent) -> None:
    one: Life = life(otto(), "Refund order 1042", of=of)
    one.lease()
    one.step("get_order", {"order": 1042}, "secret word")
    one.complete("over")
    text = compared(one.erased(), lived(of, FIND))
    assert "secret word" not in text


def test_nothing_is_compared_with_a_run_that_is_not_there(of: Agent) -> None:
    one = lived(of, FIND)
    client = signed_in("operator")
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert client.get(f"/runs/{one.pk}/compare/{nowhere}/").status_code == 404
    assert client.get(f"/runs/{nowhere}/compare/").status_code == 404
    assert Client().get(f"/runs/{one.pk}/compare/").status_code == 302


def offered(client: Client, run: Run, text: str = "") -> list[str]:
    page = client.get(f"/runs/{run.pk}/compare/", {"q": text}).content.decode()
    return re.findall(rf'href="/runs/{run.pk}/compare/([0-9a-f-]{{36}})/"', page)


def test_the_runs_that_suggest_themselves_come_first(of: Agent) -> None:
    same = lived(of, FIND)
    before = lived(of, FIND, goal="Something else")
    one = lived(of, FIND)
    foreign = lived(agent("another"), FIND)
    client = signed_in("operator")
    assert offered(client, one) == [str(same.pk), str(before.pk)]
    page = client.get(f"/runs/{one.pk}/compare/").content.decode()
    assert "The same goal, before this one" in page
    assert str(foreign.pk) not in page


def test_what_suggests_itself_costs_as_much_beside_many_runs(
    of: Agent, django_assert_max_num_queries: Any
) -> None:
    runs = [lived(of, FIND) for _ in range(8)]
    client = signed_in("operator")
    with django_assert_max_num_queries(20):
        assert len(offered(client, runs[-1])) == 5


def test_any_other_run_is_found_by_words_or_led_to_by_its_id(of: Agent) -> None:
    one, other = lived(of, FIND), lived(agent("another"), FIND, goal="A parcel from Tromsø")
    client = signed_in("operator")
    assert offered(client, one, "agent:another") == [str(other.pk)]
    led = client.get(f"/runs/{one.pk}/compare/", {"q": str(other.pk)[:12]})
    assert led["Location"] == f"/runs/{one.pk}/compare/{other.pk}/"
    wrong = client.get(f"/runs/{one.pk}/compare/", {"q": "status:nothing"}).content.decode()
    assert "Position 8" in wrong


def test_two_that_are_ticked_in_the_fleet_are_compared(of: Agent) -> None:
    one, other = lived(of, FIND), lived(of, FIND)
    client = signed_in("operator")
    led = client.get(reverse("compare_picked"), {"run": [str(one.pk), str(other.pk)]})
    assert led["Location"] == f"/runs/{one.pk}/compare/{other.pk}/"
    back = client.get(reverse("compare_picked"), {"run": [str(one.pk)]}, follow=True)
    assert "Tick the two runs" in back.content.decode()


def test_whoever_ticked_nothing_keeps_the_query_of_the_list(of: Agent) -> None:
    back = signed_in("operator").get(reverse("compare_picked"), {"q": "status:failed age<1h"})
    assert back["Location"] == "/?q=status%3Afailed+age%3C1h"


def test_a_runs_page_leads_to_it(of: Agent) -> None:
    one = lived(of, FIND)
    assert (
        f'href="/runs/{one.pk}/compare/"'
        in signed_in("operator").get(f"/runs/{one.pk}/").content.decode()
    )


def test_a_run_beside_itself_is_said_to_be_the_same_run(of: Agent) -> None:
    one = lived(of, FIND)
    client = signed_in("operator")
    back = client.get(f"/runs/{one.pk}/compare/{one.pk}/", follow=True)
    assert back.redirect_chain == [(f"/runs/{one.pk}/compare/", 302)]
    assert "This is the same run twice" in back.content.decode()
