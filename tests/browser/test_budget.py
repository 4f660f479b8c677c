"""An administrator lowers a running agent's budget in Django admin: its run pauses at its next
step, and goes on once it is raised.
"""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page, expect

from console.stack.processes import Running
from policies.budgets.models import Budget
from policies.gate.models import ToolPolicy
from runs import services
from runs.models import Run
from tests.browser.conftest import Opener
from tests.browser.test_levers import WORDS, tireless
from tests.pages.lives import agent
from tests.pages.people import person
from tests.runtime.conftest import now

pytestmark = pytest.mark.django_db(transaction=True)

LETTER = """[[step]]
thought = "{0}"
delay = 0.4
usd = 0.01
[step.call]
tool = "send_email"
args = {{ to = "{0}@{1}.example", subject = "{1} {0}", body = "{0}" }}
"""


def letters() -> str:
    """A script of many different letters at a cent each."""
    return "".join(
        LETTER.format(one, other) for one in WORDS for other in WORDS[::3] if one != other
    )


def writing(who: User) -> Run:
    tireless()
    ToolPolicy.objects.create(name="letters", tool="send_email", priority=1, verdict="allow")
    writer = agent(
        "letters",
        tools=["send_email"],
        script=letters(),
        max_steps=500,
        max_tokens=10**9,
        max_usd=100,
    )
    return services.start(agent=writer, goal="Write to all of them", principal=who, at=now())


def amount(page: Page, budget: Budget, text: str) -> None:
    page.goto(
        page.url.split("/runs/")[0] + reverse("admin:policies_budget_change", args=[budget.pk])
    )
    page.get_by_label("Amount").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("at their next step.")


def test_lowering_a_running_agents_budget_pauses_its_run_and_names_the_budget(
    opened: Opener, worker: Running
) -> None:
    budget = Budget.objects.create(
        name="letters-day", amount="50", scope="agent", who="letters", action="pause"
    )
    run = writing(person("operator", "otto"))  # who may send letters
    page = opened(f"/runs/{run.pk}/", "admin")
    User.objects.filter(username="some-admin").update(is_staff=True)
    # who may resume what a budget paused
    User.objects.get(username="some-admin").groups.add(Group.objects.get(name="approver"))
    here = page.url
    expect(page.get_by_label("Budgets this run draws on")).to_contain_text("letters-day")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    amount(page, budget, "0.02")
    page.goto(here)
    stop = page.locator(".stop")
    expect(stop).to_contain_text("letters-day v2")
    expect(stop).to_contain_text(
        "of today's $0.02 for letters are spent or reserved; this call could cost $0.01."
    )
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_disabled()
    expect(resume).to_have_attribute(
        "title", re.compile("It can go on once the budget letters-day is raised")
    )
    amount(page, budget, "50")
    page.goto(here)
    expect(stop).to_contain_text("There is room again")
    page.get_by_role("button", name="Resume").click()
    expect(stop).to_have_count(0)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
