"""A queued run's place changes on its open pages, though nothing happens to the run itself."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from runs.models import Agent, Run
from tests.browser.conftest import Opener
from tests.pages.lives import agent, life

pytestmark = pytest.mark.django_db(transaction=True)


def test_its_page_counts_down_and_names_the_bound(opened: Opener, otto: User) -> None:
    agent(max_active=1)
    first, second = life(otto, "the first", ago=60).run, life(otto, "the second", ago=30).run
    page = opened(f"/runs/{second.pk}/")
    line = page.locator(".now-line")
    expect(line).to_contain_text("1 before it")
    Run.objects.filter(pk=first.pk).update(status="running", lease_owner="w")
    expect(line).to_contain_text("1 of 1 run of Refund desk at work")
    Agent.objects.update(max_active=2)
    expect(line).to_contain_text("Waiting for a free worker slot")


def test_its_row_of_the_fleet_counts_down(opened: Opener, otto: User) -> None:
    first, second = life(otto, "the first", ago=60).run, life(otto, "the second", ago=30).run
    cell = opened("/").locator(f"#run-{second.pk} .c-now")
    expect(cell).to_contain_text("1 before it")
    Run.objects.filter(pk=first.pk).update(status="running", lease_owner="w")
    expect(cell).to_contain_text("next")
