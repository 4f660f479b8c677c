"""Thresholds in Django admin."""

import pytest
from django.test import Client
from django.urls import reverse

from policies import current
from policies.thresholds import rows as standards
from policies.thresholds.models import Thresholds
from tests.policies.gate_forms import change, events, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")


def thresholds(kind: str) -> Thresholds:
    return Thresholds.objects.get(kind=kind)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("loops", '{"puase": 0.6}', "not a threshold of loops: puase"),
        ("loops", '{"pause": "high"}', "pause is a number"),
        ("loops", '{"window": 2.5}', "window is a whole number"),
        ("loops", '{"pause": 0.9, "stop": 0.7}', "must rise in this order"),
        ("loops", '{"pause": NaN}', "pause is a number"),
        ("loops", "[1]", "A JSON object of what differs"),
        ("loops", "{", "Enter a valid JSON"),
        ("truth", '{"weights": {"no_such_sign": 1}}', "no_such_sign"),
        ("truth", '{"weights": 3}', "weights is an object"),
        ("truth", '{"failed_at": 0.1}', "doubt must begin"),
    ],
)
def test_thresholds_that_cannot_be_are_refused(
    admin: Client, kind: str, changes: str, said: str
) -> None:
    assert said in change(admin, thresholds(kind), {"changes": changes})
    assert thresholds(kind).changes == {}


def test_thresholds_are_edited_shown_and_in_force(admin: Client) -> None:
    current.refresh()
    page = change(
        admin, thresholds("loops"), {"changes": '{"pause": 0.61, "stop": 0.9}', "_continue": "1"}
    )
    assert "shipped: 0.6" in page
    change(admin, thresholds("truth"), {"changes": '{"weights": {"error_word": 0.1}}'})
    assert current.refresh()
    edited = standards.in_force()
    assert (edited.loops.pause, edited.loops.stop, edited.loops_version) == (0.61, 0.9, 2)
    assert edited.truth.weights["error_word"] == 0.1
    [loops, truth] = events("thresholds.changed")
    assert loops.data["change"] == {
        "version": [1, 2],
        "changes": [{}, {"pause": 0.61, "stop": 0.9}],
    }
    assert truth.data["thresholds"] == "truth"


def test_thresholds_are_neither_added_nor_deleted(admin: Client) -> None:
    assert admin.get(reverse("admin:policies_thresholds_add")).status_code == 403
    assert (
        admin.post(
            reverse("admin:policies_thresholds_delete", args=[thresholds("loops").pk]),
            {"post": "yes"},
        ).status_code
        == 403
    )


def test_a_row_that_no_longer_fits_the_rules_counts_as_shipped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Thresholds.objects.filter(kind="loops").update(changes={"gone": 1})
    current.refresh()
    assert standards.in_force().loops_version == 0
    assert "do not fit" in caplog.text
