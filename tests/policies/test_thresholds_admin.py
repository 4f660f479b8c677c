"""Thresholds in Django admin."""

from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse

from policies import current
from policies.thresholds import rows as standards
from policies.thresholds import threshold_meanings, threshold_rows
from policies.thresholds.models import Thresholds
from tests.markup import read
from tests.policies.gate_forms import change, events, signed_in
from tests.typed_rows import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")


def thresholds(kind: str) -> Thresholds:
    return Thresholds.objects.get(kind=kind)


def numbers(changes: Mapping[str, str]) -> dict[str, str]:
    return typed("changes", *({"name": name, "value": to} for name, to in changes.items()))


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("loops", {"puase": "0.6"}, "Row 1: “puase” is no number that can be chosen."),
        ("loops", {"pause": "high"}, "Row 1: Value is a number, such as 3 or 0.25, not “high”."),
        ("loops", {"hint": "0.1", "window": "2.5"}, "Row 2: window is a whole number"),
        ("loops", {"pause": "0.9", "stop": "0.7"}, "must rise in this order"),
        ("loops", {"pause": "NaN"}, "not “NaN”"),
        ("loops", {"pause": ""}, "Row 1: Value: nothing is there."),
        ("truth", {"weights: no_such_sign": "1"}, "no_such_sign"),
        ("truth", {"weights": "3"}, "“weights” is no number"),
        ("truth", {"failed_at": "0.1"}, "doubt must begin"),
    ],
)
def test_thresholds_that_cannot_be_are_refused(
    admin: Client, kind: str, changes: dict[str, str], said: str
) -> None:
    assert said in change(admin, thresholds(kind), numbers(changes))
    assert thresholds(kind).changes == {}


@pytest.mark.parametrize("kind", list(Thresholds.Kind))
def test_each_number_says_what_it_measures(admin: Client, kind: Thresholds.Kind) -> None:
    known = threshold_rows.numbers(standards.EDITED[kind]({}))
    assert [name for name in known if not threshold_meanings.of(name)] == []
    url = reverse("admin:policies_thresholds_change", args=[thresholds(kind).pk])
    page = read(admin.get(url).content)
    shown = [each.words for each in page.one("", "field-in_force").all("tr")]
    assert all(threshold_meanings.of(name) in line for name, line in zip(known, shown, strict=True))
    offered = " ".join(each.words for each in page.all("option"))
    assert all(f"— {threshold_meanings.of(name)}" in offered for name in known)


def test_thresholds_are_edited_shown_and_in_force(admin: Client) -> None:
    current.refresh()
    page = change(
        admin,
        thresholds("loops"),
        {**numbers({"pause": "0.61", "stop": "0.9"}), "_continue": "1"},
    )
    assert "shipped: 0.6" in page
    change(admin, thresholds("truth"), numbers({"weights: error_word": "0.1"}))
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


def test_the_page_of_a_row_that_no_longer_fits_says_so_and_lets_the_row_be_removed(
    admin: Client,
) -> None:
    Thresholds.objects.filter(kind="loops").update(changes={"gone": 1, "pause": 0.61})
    url = reverse("admin:policies_thresholds_change", args=[thresholds("loops").pk])
    page = read(admin.get(url).content).words
    assert "As shipped, since what is stored cannot be: not a threshold of loops: gone" in page
    assert "Keep as it is, number 1: name: gone" in page
    kept = {"name": "", "value": "1", "kept": '{"name": "gone"}'}
    pause = {"name": "pause", "value": "0.61"}
    refused = change(admin, thresholds("loops"), typed("changes", kept, pause))
    assert "Row 1: There is no number gone: remove this row." in refused
    taken = change(admin, thresholds("loops"), typed("changes", {**kept, "gone": "on"}, pause))
    assert "1 number here is other than shipped; the rest is as shipped." in taken
    assert thresholds("loops").changes == {"pause": 0.61}
