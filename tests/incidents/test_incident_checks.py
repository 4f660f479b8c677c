"""What has to hold is held against facts, and what did not is said in words."""

import pytest

from runs.incidents import incident_checks
from runs.incidents.incident import Expectation
from runs.incidents.incident_checks import COUNTS, PlayFacts


def test_what_is_as_expected_is_no_finding() -> None:
    expected = Expectation("s", ends=("COMPLETED",), counts={"made": {"pay": (0, 1)}})
    facts = PlayFacts("COMPLETED", {"made": {"pay": 1}})
    assert incident_checks.wrongs(expected, facts) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            PlayFacts("USER_KILLED"),
            "it ended as “Killed”, not “Completed” or “Drifted”",
        ),
        (PlayFacts(""), "it ended as nothing yet, not “Completed” or “Drifted”"),
        (
            PlayFacts("DRIFTED", {"made": {"pay": 2}}),
            "effects of pay: 2, not 0 to 1",
        ),
        (
            PlayFacts("DRIFTED", {}, {"pay": 1}),
            "calls of pay that no person said yes to: 1",
        ),
    ],
)
def test_what_is_otherwise_is_said(facts: PlayFacts, said: str) -> None:
    expected = Expectation(
        "s", ends=("COMPLETED", "DRIFTED"), counts={"made": {"pay": (0, 1)}}, approved_only=("pay",)
    )
    assert incident_checks.wrongs(expected, facts) == [said]


@pytest.mark.parametrize("kind", COUNTS)
def test_every_kind_of_count_can_be_wrong(kind: str) -> None:
    expected = Expectation("s", counts={kind: {"x": (3, 3)}})
    [wrong] = incident_checks.wrongs(expected, PlayFacts("COMPLETED", {kind: {"x": 2}}))
    assert wrong.endswith("2, not 3")
    assert incident_checks.wrongs(expected, PlayFacts("COMPLETED", {kind: {"x": 3}})) == []
