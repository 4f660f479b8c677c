"""Rows of a form in Django admin: added without saving, refused at their place with what was typed,
removed by a tick, and nothing of what is stored gets lost by a look.
"""

from typing import Any

import pytest
from django import forms
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.db.models import JSONField
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from console.signing_in import confirming
from policies.gate.models import ToolPolicy
from runs.models import Agent, McpServer
from tests.doors import admin_rows
from tests.markup import Element, read
from tests.tools.test_agent_admin import admin, agent_form, change, edits

__all__ = ["admin"]
pytestmark = pytest.mark.django_db
RULE = "size(final.text) > 0"
CRITERION = {"name": "told", "cel": RULE}
STORED = {
    "acceptance": [
        CRITERION,
        {"name": "shaped", "schema": {"type": "object"}, "sentence": "Not the right shape."},
    ],
    "after_reasons": {"DRIFTED": "undo", "BUDGET_EXCEEDED": "ask"},
    "extra_headers": {"x-team": "refunds", "x-gateway": "$GATEWAY_API_KEY"},
    "extra_body": {
        "top_p": 0.9,
        "top_k": 3,
        "store": False,
        "user": None,
        "tags": ["a"],
        "note": "b\n",
        "stop": "",
    },
}
OVERRIDES = {
    "look": {"effect": "read", "idempotent": True, "timeout": 5},
    "pay": {"effect": "irreversible", "effect_key": ["order_id"], "scope": "money"},
}


def agent(**facts: Any) -> Agent:
    return Agent.objects.create(**{**named(), **STORED, **facts})


def named() -> dict[str, Any]:
    return {
        "name": "probe",
        "title": "Probe",
        "planner": "scripted",
        "script": "[[step]]\nfinal = 'a'",
    }


def saved(admin: Client, row: Any, sent: dict[str, Any]) -> None:
    """Send the form of this row, which is taken."""
    place = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    answer = admin.post(reverse(place, args=[row.pk]), sent)
    wrong = [] if answer.status_code == 302 else read(answer.content).all("ul", "errorlist")
    assert [each.words for each in wrong] == []
    assert answer.status_code == 302
    row.refresh_from_db()


def page_of(admin: Client, row: Any) -> Element:
    place = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return read(admin.get(reverse(place, args=[row.pk])).content)


def as_it_stands(admin: Client, row: Any) -> dict[str, Any]:
    """What the page of this row sends when nothing was changed in it."""
    (form,) = page_of(admin, row).all("form", id=f"{row._meta.model_name}_form")
    sent: dict[str, Any] = {}
    for name, value in admin_rows.sent(form):
        sent.setdefault(name, []).append(value)
    return sent


def test_nothing_that_any_form_of_the_admin_asks_for_is_typed_as_json() -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("alba")
    asked = []
    for model, place in django_admin.site._registry.items():
        rows = [
            model._default_manager.first(),
            *([model()] if place.has_add_permission(request) else []),
        ]
        for row in filter(None, rows):
            form = place.get_form(request, row, change=row.pk is not None)(instance=row)
            found = (name for name, each in form.fields.items() if by_hand(model, name, each))
            asked += [f"{model.__name__}.{name}" for name in found]
    assert asked == []


def by_hand(model: Any, name: str, field: forms.Field) -> bool:
    stored = {each.name for each in model._meta.concrete_fields if isinstance(each, JSONField)}
    written = isinstance(field.widget, forms.Textarea | forms.TextInput)
    return isinstance(field, forms.JSONField) or (name in stored and written)


@pytest.mark.parametrize("model", [Agent, McpServer])
def test_what_is_new_has_nothing_that_could_be_kept(admin: Client, model: Any) -> None:
    page = read(admin.get(reverse(f"admin:runs_{model._meta.model_name}_add")).content)
    names = [each.attrs.get("name", "") for each in page.all("input")]
    assert [name for name in names if name.endswith("-kept")] == []
    assert [name for name in names if name.endswith("-0-gone")] == []


def test_rows_of_a_new_server_are_saved_with_it(admin: Client) -> None:
    url = reverse("admin:runs_mcpserver_add")
    (form,) = read(admin.get(url).content).all("form", id="mcpserver_form")
    sent = dict(admin_rows.sent(form)) | {
        "name": "time",
        "command": "mcp-server-time",
        "environment-0-name": "TOKEN",
        "environment-0-variable": "NOT_SET_HERE_API_KEY",
    }
    del sent["enabled"]
    answer = admin.post(url, sent)
    assert answer.status_code == 302, read(answer.content).all("ul", "errorlist")
    assert McpServer.objects.get(name="time").environment == {"TOKEN": "NOT_SET_HERE_API_KEY"}


def test_a_look_and_a_save_change_nothing_of_an_agent(admin: Client) -> None:
    probe = agent()
    saved(admin, probe, as_it_stands(admin, probe))
    assert {name: getattr(probe, name) for name in STORED} == STORED
    assert not edits("agent.changed")


def test_a_look_and_a_save_change_nothing_of_a_server(admin: Client) -> None:
    environment = {"TOKEN": "NOT_SET_HERE_API_KEY"}
    server = McpServer.objects.create(
        name="time", command="mcp-server-time", environment=environment, overrides=OVERRIDES
    )
    sent = as_it_stands(admin, server)
    del sent["enabled"]
    saved(admin, server, sent)
    assert (server.environment, server.overrides) == (environment, OVERRIDES)
    assert list(edits("mcpserver.changed")[0].data["change"]) == ["enabled"]


def test_one_more_row_is_asked_for_and_nothing_is_saved(admin: Client) -> None:
    probe = agent()
    sent = {
        **as_it_stands(admin, probe),
        "title": "",
        "acceptance-2-name": "new",
        "acceptance-more": "1",
    }
    url = reverse("admin:runs_agent_change", args=[probe.pk])
    page = read(admin.post(url, sent).content)
    probe.refresh_from_db()
    assert (probe.title, len(probe.acceptance)) == ("Probe", 2)
    assert page.one("input", name="acceptance-2-name").attrs["value"] == "new"
    assert "autofocus" in page.one("input", name="acceptance-3-name").attrs
    assert not page.all("", "errornote")
    assert not page.all("", "errorlist")
    assert page.one("input", name="title").attrs.get("value", "") == ""


def test_one_more_row_that_is_asked_for_too_late_leaves_the_page_as_it_is(
    admin: Client, settings: Settings
) -> None:
    settings.CONFIRM_WITHIN = -1
    url = reverse("admin:runs_agent_change", args=[agent().pk])
    asked = admin.post(url, {"acceptance-more": "1"}, headers={"HX-Request": "true"})
    assert (asked.status_code, asked["HX-Reswap"]) == (409, "none")
    assert confirming.ANEW in read(asked.content).words


def test_what_is_wrong_is_said_at_its_row_with_what_was_typed(admin: Client) -> None:
    probe = agent()
    sent = {
        **as_it_stands(admin, probe),
        "acceptance-1-by": "cel",
        "acceptance-1-rule": "final.txt",
    }
    url = reverse("admin:runs_agent_change", args=[probe.pk])
    page = read(admin.post(url, sent).content)
    (box,) = page.all("div", id="id_acceptance")
    (row,) = box.all("", "rows-row", "errors")
    (said,) = row.all("ul", "errorlist")
    assert said.words.startswith("Row 2: Line 1, column 7")
    rule = row.one("textarea", name="acceptance-1-rule")
    assert rule.words == "final.txt"
    assert rule.attrs["aria-describedby"] == said.attrs["id"]
    assert "Something is wrong in row 2." in page.words
    assert rows_of(box)[0].all("ul") == []


def rows_of(box: Element) -> list[Element]:
    return box.all("div", "rows-row")


def test_every_input_of_a_row_has_a_label_with_its_row(admin: Client) -> None:
    (box,) = page_of(admin, agent()).all("div", id="id_extra_headers")
    labels = {label.attrs["for"]: label.words for label in box.all("label") if "for" in label.attrs}
    inputs = [each.attrs["id"] for each in box.all("input") if each.attrs.get("type") == "text"]
    assert sorted(labels) == sorted(inputs)
    assert labels["id_extra_headers-1-name"] == "Header 2, Name"


def test_a_row_is_removed_by_a_tick_or_by_emptying_it(admin: Client) -> None:
    probe = agent()
    sent = as_it_stands(admin, probe)
    sent |= {"acceptance-1-gone": "on", "extra_headers-0-name": "", "extra_headers-0-value": ""}
    saved(admin, probe, sent)
    assert probe.acceptance == [CRITERION]
    assert len(probe.extra_headers) == 1


def test_what_the_rows_do_not_know_is_said_and_kept_until_it_is_removed(admin: Client) -> None:
    server = McpServer.objects.create(
        name="time",
        command="mcp-server-time",
        overrides={"look": {"effect": "read", "colour": "red"}},
    )
    page = page_of(admin, server)
    assert "Keep as it is, tool 1: colour: red" in page.words
    assert "colour cannot be overridden" in change(admin, server, as_it_stands(admin, server))
    server.refresh_from_db()
    assert server.overrides == {"look": {"effect": "read", "colour": "red"}}
    sent = as_it_stands(admin, server)
    del sent["overrides-0-kept"]
    saved(admin, server, sent)
    assert server.overrides == {"look": {"effect": "read"}}


def test_a_form_that_leaves_the_rows_out_leaves_them_as_they_are(admin: Client) -> None:
    probe = agent()
    saved(admin, probe, agent_form(title="Another"))
    assert (probe.title, probe.acceptance) == ("Another", STORED["acceptance"])


def test_enter_in_a_line_saves_the_form_and_adds_no_row(admin: Client) -> None:
    assert first_button(page_of(admin, agent())) == "_save"


def test_enter_in_a_line_of_a_tool_policy_tries_it_and_saves_nothing(admin: Client) -> None:
    assert first_button(page_of(admin, ToolPolicy.objects.create(name="probe"))) == "_try"


def first_button(page: Element) -> str:
    """The name of the one that Enter presses."""
    (form,) = page.all("form", method="post", novalidate="")
    return next(
        each.attrs["name"]
        for each in form.all()
        if each.tag == "button" or each.attrs.get("type") == "submit"
    )


def test_tools_and_variables_that_exist_are_suggested(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a-very-secret-value")
    server = McpServer.objects.create(
        name="time",
        command="x",
        offered=[
            {
                "name": "get_time",
                "description": "",
                "digest": "",
                "effect": "read",
                "idempotent": False,
            }
        ],
    )
    page = page_of(admin, server)
    (tools,) = page.all("datalist", id="id_overrides-tool-offers")
    (variables,) = page.all("datalist", id="id_environment-variable-offers")
    assert [each.attrs["value"] for each in tools.all("option")] == ["get_time"]
    assert "SOME_API_KEY" in [each.attrs["value"] for each in variables.all("option")]
    assert (
        "a-very-secret-value"
        not in admin.get(reverse("admin:runs_mcpserver_change", args=[server.pk])).content.decode()
    )


def test_a_great_number_of_rows_is_still_one_form(admin: Client) -> None:
    many = {f"tool_{number}": {"effect": "read"} for number in range(200)}
    server = McpServer.objects.create(name="time", command="no-such", overrides=many)
    sent = as_it_stands(admin, server)
    assert len(sent) > 1_000
    saved(admin, server, {**sent, "overrides-0-gone": "on"})
    assert len(server.overrides) == 199
