"""For whom a policy is in force, and which others it comes before."""

from types import SimpleNamespace
from typing import Any

from policies.current.live_runs import LiveRuns
from policies.current.policy_reach import aim_of, listed, sentence

DESK = LiveRuns(
    "refund-desk",
    4,
    "scripted",
    (("issue_refund", "irreversible"),),
    groups=frozenset({"operator"}),
)
BUGS = LiveRuns("bug-triage", 2, "openai:m", (("get_bug", "read"), ("clock.tool", "")))
LIVE = (DESK, BUGS)


def told(*others: Any, **row: Any) -> str:
    rows = [aim_of(SimpleNamespace(**{"name": "mine", "priority": 5, **row}))]
    rows += [aim_of(SimpleNamespace(**each)) for each in others]
    return sentence(rows[0], rows[1:], LIVE)


def test_a_policy_counts_the_live_runs_that_may_come_to_it() -> None:
    assert "for 6 live runs" in told()
    assert "for 4 live runs" in told(tool="issue_*")
    assert "for 4 live runs" in told(agent="refund-*", effect="any")
    assert "for 2 live runs" in told(tools="clock.*")
    assert "for 2 live runs" in told(effect="read")
    assert "for 2 live runs" in told(planners="openai:*")
    assert "for 4 live runs" in told(group="operator")
    assert told(tool="send_email").startswith("In force from now on; no live run is held by it")


def test_a_policy_names_those_that_it_comes_before_and_those_that_come_before_it() -> None:
    first = {"name": "first", "priority": 1, "tool": "issue_refund"}
    last = {"name": "last", "priority": 9, "tool": "*", "effect": "irreversible"}
    other = {"name": "other", "priority": 9, "tool": "get_bug"}
    said = told(first, last, other, tool="issue_*", effect="irreversible")
    assert said.endswith(" Where both fit, it decides before last; first decides before it.")
    assert "Where both fit" not in told(other, tool="issue_*")
    assert "Where both fit" not in told({**last, "effect": "read"}, effect="irreversible")
    assert "Where both fit" not in told({**last, "group": "viewer"}, group="operator")


def test_many_names_are_cut() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
