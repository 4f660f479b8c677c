"""What the tables of policies have in common, and what their pages in the admin have."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models

from console.pages import audit_words
from policies.budgets.models import Budget
from policies.circuit.models import BreakerPolicy
from policies.current import policy_table
from policies.current.policy_admin import OrderedPolicyAdmin
from policies.current.policy_table import OrderedPolicy, PolicyTable
from policies.gate.models import ToolPolicy
from policies.judge.models import JudgePolicy
from policies.outages.models import PatiencePolicy
from policies.retries.models import RetryPolicy
from policies.routing.models import RoutingPolicy
from policies.scopes.models import ScopeGrant

ORDERED = (
    BreakerPolicy,
    JudgePolicy,
    PatiencePolicy,
    RetryPolicy,
    RoutingPolicy,
    ToolPolicy,
)
NAMED = (*ORDERED, Budget, ScopeGrant)


def column(table: type[models.Model], name: str) -> models.Field[object, object]:
    found = table._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found


@pytest.mark.parametrize("table", NAMED)
def test_people_and_the_journal_call_a_policy_by_its_name(table: type[PolicyTable]) -> None:
    assert str(table(name="strict")) == "strict"
    assert column(table, "name").unique


@pytest.mark.parametrize("table", NAMED)
def test_a_policy_says_to_the_next_who_edits_it_why_it_is_here(table: type[PolicyTable]) -> None:
    note = column(table, "note")
    assert note.blank
    assert str(note.help_text).startswith("Why this ")


@pytest.mark.parametrize("table", NAMED)
def test_nobody_writes_a_version_by_hand(table: type[PolicyTable]) -> None:
    assert not column(table, "version").editable


@pytest.mark.parametrize("table", ORDERED)
def test_policies_of_which_several_may_fit_are_read_in_the_order_of_their_priority(
    table: type[OrderedPolicy],
) -> None:
    assert table._meta.ordering == ("priority", "name")
    assert str(column(table, "priority").help_text).startswith("Lowest first; the first policy")


@pytest.mark.parametrize("table", [Budget, ScopeGrant])
def test_policies_that_all_hold_at_once_are_read_by_name(table: type[PolicyTable]) -> None:
    assert table._meta.ordering == ("name",)


def test_the_tables_they_share_are_none_themselves() -> None:
    assert PolicyTable._meta.abstract
    assert OrderedPolicy._meta.abstract
    assert not any(table._meta.abstract for table in NAMED)


def test_a_judge_costs_money_so_it_is_off_until_somebody_switches_it_on() -> None:
    assert [table for table in NAMED if not table().enabled] == [JudgePolicy]


def test_a_column_of_names_takes_everything_until_something_is_said() -> None:
    found = policy_table.names("tools", "kb_*", label="after a call of", further=". Or none")
    assert (found.default, found.verbose_name) == ("*", "after a call of")
    assert found.help_text == "Names or patterns of tools, separated by spaces: kb_*. Or none"


@pytest.mark.parametrize("table", ORDERED)
def test_the_list_of_ordered_policies_is_in_the_order_in_which_they_are_asked(
    table: type[OrderedPolicy],
) -> None:
    page = admin.site._registry[table]
    assert isinstance(page, OrderedPolicyAdmin)
    assert page.ordering == ("priority", "name")
    assert page.list_display[0] == "priority"
    assert "enabled" in page.list_filter
    assert page.save_as


@pytest.mark.parametrize("table", [*ORDERED, ScopeGrant])
def test_a_form_takes_all_of_a_policy_but_its_version(table: type[PolicyTable]) -> None:
    form = admin.site._registry[table].form
    written = {field.name for field in table._meta.fields if field.editable and field.name != "id"}
    assert set(form.base_fields) == written
    assert form.base_fields["note"].widget.attrs["rows"] == 3


def test_the_audit_and_the_page_of_policies_know_every_table_of_policies() -> None:
    named = {str(table._meta.model_name) for table in NAMED}
    assert named == set(audit_words.EDITED) - {"thresholds", "foureyesrule"}
    assert {f"{name}.changed" for name in named} <= set(audit_words.HOUSE)


def test_no_table_of_policies_is_left_out_of_these_tests() -> None:
    tables = apps.get_app_config("policies").get_models()
    assert {table for table in tables if issubclass(table, PolicyTable)} == set(NAMED)
