"""An agent's edit that raises a limit waits for a second person with all else that it writes."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.pages.lives import agent
from tests.policies.second_people import answer, client, proposed, switch_on
from tests.typed_rows import typed

pytestmark = pytest.mark.django_db


def test_the_limits_of_an_agent_wait_with_the_rest_of_its_edit(anna: User, bert: User) -> None:
    switch_on("budget")
    row = agent()
    page = reverse("admin:runs_agent_change", args=[row.pk])
    form: Any = client(anna).get(page).context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value not in (None, False)}
    sent["max_steps"], limit = row.max_steps * 2, row.max_steps
    sent["prompt"] = "a prompt that nobody reads here"
    told = client(anna).post(page, form_data(form, sent), follow=True)
    row.refresh_from_db()
    assert (row.max_steps, told.status_code) == (limit, 200)
    assert "a prompt that nobody reads here" not in f"{proposed().saved}{told.content.decode()}"
    answer(bert, proposed(), "confirm")
    row.refresh_from_db()
    assert row.max_steps == limit * 2


def test_what_an_agents_rows_become_is_told_row_by_row_and_is_in_force_once_confirmed(
    anna: User, bert: User
) -> None:
    switch_on("budget")
    row = agent(
        acceptance=[{"name": "told", "cel": "true"}, {"name": "paid", "cel": "true"}],
        after_reasons={"DRIFTED": "undo"},
        extra_headers={"x-team": "refunds"},
        extra_body={"top_p": 0.9},
    )
    page = reverse("admin:runs_agent_change", args=[row.pk])
    form: Any = client(anna).get(page).context["adminform"].form
    sent = form_data(form, {"max_steps": row.max_steps * 2})
    sent |= typed("acceptance", *({"name": name, "rule": "1 > 0"} for name in ("told", "new")))
    sent |= typed("after_reasons", {"reason": "DRIFTED", "choice": "ask"})
    sent |= typed("extra_headers", {"name": "x-team", "value": "what-nobody-reads-here"})
    sent |= typed("extra_body", {"name": "n_best", "kind": "number", "value": "3"})
    told = client(anna).post(page, sent, follow=True).content.decode()
    row.refresh_from_db()
    assert row.after_reasons == {"DRIFTED": "undo"}
    assert sorted(each for each in proposed().saved if each[0] not in ("max steps", "script")) == [
        ["acceptance, new", "nothing", "cel: 1 > 0"],
        ["acceptance, paid", "cel: true", "nothing"],
        ["acceptance, told", "cel: true", "cel: 1 > 0"],
        ["after reasons, DRIFTED", "undo", "ask"],
        ["extra body, n_best", "nothing", "3"],
        ["extra body, top_p", "0.9", "nothing"],
        [
            "extra headers",
            "a text that is always hidden",
            "a text that is always hidden, and another",
        ],
    ]
    assert "what-nobody-reads-here" not in told
    answer(bert, proposed(), "confirm")
    row.refresh_from_db()
    assert [each["name"] for each in row.acceptance] == ["told", "new"]
    assert row.extra_headers == {"x-team": "what-nobody-reads-here"}
    assert (row.after_reasons, row.extra_body) == ({"DRIFTED": "ask"}, {"n_best": 3})


def form_data(form: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What a browser would send for these values."""
    sent: dict[str, Any] = {}
    for bound in form:
        value = values.get(bound.name, bound.value())
        shown = bound.field.prepare_value(value)
        if shown not in (None, False):
            sent[bound.html_name] = "on" if shown is True else shown
    return sent
