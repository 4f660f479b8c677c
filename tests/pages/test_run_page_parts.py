"""The parts of a long run's page: what changed since, its newest steps and those before, links to
one step, a timeline that is narrowed.
"""

import re
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from runs.engine.vocabulary import Verdict
from runs.models import Run
from runs.reading import window
from tests.markup import read
from tests.pages.lives import life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{ 7|add:7 }}'


def page(run: Run, group: str = "operator", rest: str = "") -> str:
    return signed_in(group).get(f"/runs/{run.pk}/{rest}").content.decode()


def test_since_brings_what_changed_and_nothing_else() -> None:
    one = running(person("operator", "otto"))
    run = Run.objects.get(pk=one.run.pk)
    one.answer("search_kb", "2.0", {"found": "a photo above $200"})
    one.written()
    text = signed_in("operator").get(f"/runs/{run.pk}/since/?after={run.seq}").content.decode()
    assert 'id="t-call-2-0"' in text
    assert "a photo above $200" in text
    assert 'id="t-call-1-0"' not in text
    assert f'data-seq="{run.seq + 1}"' in text


def test_who_missed_too_much_is_told_to_draw_the_page_anew() -> None:
    one = running(person("operator", "otto"))
    Run.objects.filter(pk=one.run.pk).update(seq=window.BEHIND + 10)
    assert signed_in("operator").get(f"/runs/{one.run.pk}/since/?after=5").status_code == 205


def test_a_run_of_1000_steps_shows_its_newest_part_and_pages_back(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    one = life(person("operator", "otto"))
    one.lease()
    for number in range(1000):
        one.step("read_file", {"page": number})
    run, client = one.written(), signed_in("operator")
    client.get("/")
    with django_assert_max_num_queries(12):
        text = client.get(f"/runs/{run.pk}/").content.decode()
    steps = [int(step) for step in re.findall(r'id="step-(\d+)"', text)]
    assert steps[-1] == 1000
    assert 40 < len(steps) <= 200
    earlier = re.search(r'href="\?before=(\d+)"', text)
    assert earlier
    before = client.get(f"/runs/{run.pk}/?before={earlier[1]}").content.decode()
    assert int(re.findall(r'id="step-(\d+)"', before)[-1]) == steps[0] - 1


def test_a_link_to_a_step_or_a_time_leads_to_the_part_that_holds_it() -> None:
    one = life(person("operator", "otto"), ago=3_600)
    one.lease()
    for number in range(400):
        one.step("read_file", {"page": number})
    run, client = one.written(), signed_in("operator")
    there = client.get(f"/runs/{run.pk}/?at=step+7")
    path, _, anchor = there["Location"].partition("#")
    assert anchor == "step-7"
    assert 'id="step-7"' in client.get(path).content.decode()
    late = client.get(f"/runs/{run.pk}/", {"at": f"{one.at + timedelta(seconds=1):%H:%M:%S}"})
    place = late["Location"].partition("#")[2]
    last = read(client.get(f"/runs/{run.pk}/").content).all("tr", data_row="")[-1]
    assert place == last.attrs["id"]
    assert (
        "no step or time noon"
        in client.get(f"/runs/{run.pk}/?at=noon", follow=True).content.decode()
    )


def test_a_time_with_seconds_leads_to_the_row_that_began_in_that_second() -> None:
    one = life(person("operator", "otto"), ago=3_600)
    one.lease()
    for number in range(200):
        one.step("read_file", {"page": number})
    run, client = one.written(), signed_in("operator")
    for step in (2, 100, 200):
        there = client.get(f"/runs/{run.pk}/?at={step}", follow=True)
        rows = read(there.content).all("tr", data_row="")[-4:]
        for clock in {row.one("time").words for row in rows}:
            found = client.get(f"/runs/{run.pk}/", {"at": clock})["Location"]
            path, _, anchor = found.partition("#")
            row = read(client.get(path).content).one("tr", id=anchor)
            assert row.one("time").words == clock


def test_a_timeline_can_be_narrowed_to_failures_or_one_tool() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step("get_order")
    one.plan(("get_policy", {}))
    call = one.intend("get_policy", {})
    one.answer("get_policy", call, None, verdict=Verdict.FAILED, error="gone")
    run = one.written()
    client = signed_in("operator")

    def rows(query: str) -> set[str]:
        text = client.get(f"/runs/{run.pk}/{query}").content.decode()
        return {key for key in ("t-call-1-0", "t-call-2-0") if f'id="{key}"' in text}

    assert rows("") == {"t-call-1-0", "t-call-2-0"}
    assert rows("?show=failures") == rows("?tool=get_policy") == {"t-call-2-0"}
    assert rows("?show=failures&tool=get_order") == set()


def test_each_step_has_a_time_of_day_and_leads_to_its_words_and_back() -> None:
    one = running(person("operator", "otto"))
    text = page(one.run)
    assert re.search(r'<time datetime="[^"]+Z" data-clock>\d\d:\d\d:\d\d</time>', text)
    assert 'href="#e-call-1-0"' in text
    assert 'href="#t-call-1-0"' in text


def test_a_long_run_is_on_its_page_in_small_and_each_part_of_it_leads_there() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    for number in range(200):
        one.step("read_file", {"page": number})
    one.plan(("read_file", {"page": 999}))
    one.answer("read_file", one.intend("read_file", {"page": 999}), "", error="gone")
    run, client = one.written(), signed_in("operator")
    parts = read(client.get(f"/runs/{run.pk}/").content.decode()).one(id="map").all("a")
    assert parts[0].attrs["title"] == "Steps 1 to 5: 5 calls"
    assert parts[0].attrs["href"] == "?at=1"
    assert parts[-1].attrs["href"] == "#step-201"
    assert 'id="map"' not in signed_in("viewer").get(f"/runs/{run.pk}/").content.decode()
