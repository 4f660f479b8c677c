"""What a run asks stands in its row of the fleet, for whoever may see it, and leads to the card."""

from tests.approvals.desk import Desk, person
from tests.approvals.test_run_page import client
from tests.markup import read


def test_a_row_says_what_is_asked_and_leads_there(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    row = read(client(approvals_desk.ada).get("/").content).one("tr", id=f"run-{run.pk}")
    way = row.one("a", "now-asks")
    assert way.words == "Pay 180.00 for order 1042 to anna@example.com"
    assert way.attrs["href"] == f"/approvals/{approvals_desk.asked(run).pk}/"


def test_whoever_may_not_see_requests_reads_that_it_waits(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    page = read(client(person("vera", "viewer")).get("/").content)
    assert page.one("tr", id=f"run-{run.pk}").all("a", "now-asks") == []
    assert "anna@example.com" not in page.words


def test_the_tile_the_tab_and_the_list_count_the_same_runs(approvals_desk: Desk) -> None:
    for number in (1, 2):
        approvals_desk.start(f"{{ order_id = {number}, amount = 20.0 }}")
    page = read(client(approvals_desk.ada).get("/").content)
    tile = next(each for each in page.all("a", "tile") if "Waiting for people" in each.words)
    tab = next(each for each in page.all("a", "tab") if "Waiting for people" in each.words)
    assert tile.words.startswith("2 Waiting for people 2 for approval, oldest ")
    assert tab.words == "Waiting for people 2"
    assert len(page.all("a", "now-asks")) == 2
