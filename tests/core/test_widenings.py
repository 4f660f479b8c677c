"""What counts as widening rights, for each kind of change, and who may be the second person."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.current.four_eyes import raised_limits, rules, widened_rights
from policies.current.four_eyes.raised_limits import RaiseBounds
from policies.current.four_eyes.rules import ChangeStatus, ProposalPosition, SecondPerson, Widening
from policies.gate import known_tools, loosened_policies, tightened_caps
from policies.gate.known_tools import KnownTool

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "name": "mail",
    "enabled": True,
    "priority": 50,
    "agent": "*",
    "tool": "send_*",
    "effect": "any",
    "group": "",
    "condition": "",
    "verdict": "require_approval",
    "caps": "",
    "cap_per_run": 5,
    "cap_per_hour": None,
    "over_cap": "deny",
    "approver_group": "approver",
    "quorum": 2,
    "ttl_seconds": 1800,
    "on_expiry": "deny",
    "escalate_to": "admin",
    "four_eyes": True,
    "effect_key": "",
    "effect_hours": None,
    "note": "",
}
LAST = POLICY | {"name": "last", "tool": "*", "priority": 900, "verdict": "allow"}
NEVER = LAST | {"name": "never", "verdict": "deny"}
BUDGET: dict[str, Any] = {
    "enabled": True,
    "measure": "usd",
    "window": "day",
    "amount": "10.000000",
    "action": "stop",
    "unpriced": "refuse",
    "fallback": None,
    "scope": "agent",
    "who": "desk-*",
    "each": False,
}
PERSON: dict[str, Any] = {
    "is_active": True,
    "is_staff": False,
    "is_superuser": False,
    "groups": ["viewer"],
    "user_permissions": [],
}
GRANT: dict[str, Any] = {"enabled": True, "group": "operator", "scopes": "refunds:* mail:send"}


def loosened(others: list[dict[str, Any]], **changed: Any) -> list[str]:
    found = loosened_policies.loosened(POLICY, POLICY | changed, others)
    return [each.what for each in found]


def raised(bound: str = "0", **changed: Any) -> list[str]:
    found = raised_limits.budget(BUDGET, BUDGET | changed, RaiseBounds(usd=Decimal(bound)))
    return [each.what for each in found]


class TestAToolPolicy:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"verdict": "allow"}, ["verdict"]),
            ({"verdict": "allow_with_caps"}, ["verdict"]),
            ({"quorum": 1}, ["quorum"]),
            ({"four_eyes": False}, ["four eyes"]),
            ({"approver_group": "operator"}, ["approver group"]),
            ({"enabled": False}, ["decides"]),
            ({"tool": "send_mail"}, ["tool"]),
            ({"condition": "args.amount > 5"}, ["condition"]),
            ({"priority": 950}, ["priority"]),
        ],
    )
    def test_that_bites_less_is_loosened(self, changed: dict[str, Any], what: list[str]) -> None:
        assert loosened([LAST], **changed) == what

    @pytest.mark.parametrize(
        "changed",
        [
            {"verdict": "deny"},
            {"quorum": 3},
            {"ttl_seconds": 60},
            {"note": "why"},
            {"tool": "send_* pay_*"},
            {"priority": 40},
            {"cap_per_run": None},
        ],
    )
    def test_that_bites_more_or_says_only_more_is_not(self, changed: dict[str, Any]) -> None:
        assert loosened([LAST], **changed) == []

    def test_that_gives_way_to_a_denial_loosens_nothing(self) -> None:
        assert loosened([NEVER], enabled=False) == []
        assert loosened([], enabled=False) == []
        assert loosened([NEVER], tool="send_mail") == []

    def test_that_takes_the_word_from_a_denial_is_loosened(self) -> None:
        assert loosened([NEVER], tool="send_* pay_*") == ["tool"]
        added = loosened_policies.loosened({}, POLICY, [NEVER])
        assert added == (Widening("decides", "deny, by never", "require approval, by mail"),)
        assert loosened_policies.loosened({}, POLICY, [LAST]) == ()

    def test_that_is_asked_before_a_denial_it_came_after_is_loosened(self) -> None:
        early = NEVER | {"priority": 45}
        assert loosened([early], priority=40) == ["priority"]
        assert loosened([early, LAST], priority=48) == []

    def test_where_no_policy_fits_is_a_denial_that_a_new_one_takes_away(self) -> None:
        (found,) = loosened_policies.loosened({}, POLICY, [])
        assert found.old == "deny, since no policy fits"

    def test_for_other_tools_is_not_held_against_it(self) -> None:
        other = LAST | {"tool": "pay_invoice"}
        assert loosened([other], enabled=False) == []

    def test_with_higher_caps_is_loosened_and_with_lower_ones_not(self) -> None:
        capped = POLICY | {"verdict": "allow_with_caps", "caps": "args.amount <= 5"}
        for changed, what in (
            ({"cap_per_run": 9}, ["cap per run"]),
            ({"cap_per_run": None}, ["cap per run"]),
            ({"cap_per_run": 2}, []),
            ({"cap_per_hour": 7}, []),
            ({"over_cap": "require_approval"}, ["over cap"]),
            ({"caps": "args.amount <= 9"}, ["caps"]),
            ({"caps": "args.amount <= 4.5"}, []),
            ({"caps": ""}, ["caps"]),
        ):
            found = loosened_policies.loosened(capped, capped | changed, [LAST])
            assert [each.what for each in found] == what, changed

    @pytest.mark.parametrize(
        ("old", "new", "less"),
        [
            ("args.amount <= 500", "args.amount <= 40", True),
            ("args.amount < 500", "args.amount <= 500", False),
            ("args.n >= 2 && args.amount <= 500", "args.amount <= 40 && args.n >= 3", True),
            ("args.n >= 2 && args.amount <= 500", "args.amount <= 40", False),
            ("args.n >= 2", "args.n >= 1", False),
            ("args.amount <= 5", "args.amount <= 5 && args.to in ['a', 'b']", True),
            ("args.amount <= 5", "args.amount <= 5 || true", False),
            ("args.amount <= 5", "args.amount <= 5 && true ? true : true", False),
            ("args.amount <= 5 || a <= 2", "args.amount <= 5 || a <= 1", True),
            ("args.amount <= 500", r'args.amount <= 500 && r"\" == "x" || "y" == "y"', False),
            ("a <= 5", "a <= 5 // && b", False),
            ("a == 5", "a == 4", False),
            ("size(a) <= 5", "size(a) <= -1", False),
            ("f(a <= 5)", "f(a <= 4)", False),
        ],
    )
    def test_a_cap_is_lower_where_its_words_alone_say_so(
        self, old: str, new: str, less: bool
    ) -> None:
        assert tightened_caps.tighter(old, new) is less

    def test_for_what_its_tools_are_known_not_to_do_is_not_held_against_it(self) -> None:
        tools = (KnownTool("pay", "irreversible"), KnownTool("note", ""))
        reads = LAST | {"effect": "read"}
        for tool, shared in (("pay", False), ("pay note", True), ("p*", True), ("other", True)):
            assert known_tools.may_share(POLICY | {"tool": tool}, reads, tools) is shared
            assert known_tools.may_share(reads, POLICY | {"tool": tool}, tools) is shared
        assert known_tools.may_share(POLICY | {"tool": "pay"}, LAST, tools)

    def test_that_is_taken_away_whole_is_loosened_where_a_milder_one_follows(self) -> None:
        assert loosened_policies.loosened(POLICY, {}, [LAST])
        assert not loosened_policies.loosened(POLICY, {}, [NEVER])


class TestABudget:
    def test_that_is_raised_waits_past_the_bound_only(self) -> None:
        assert raised(amount="50") == ["at most"]
        assert raised("50", amount="50") == []
        assert raised("50", amount="50.01") == ["at most"]
        assert raised(amount="9") == []

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"enabled": False}, "at most"),
            ({"action": "pause"}, "action"),
            ({"unpriced": "zero"}, "unpriced"),
            ({"each": True}, "shared"),
            ({"who": "desk-1"}, "for whom"),
            ({"scope": "user"}, "for whom"),
            ({"window": "hour"}, "at most"),
        ],
    )
    def test_that_lets_more_through_otherwise_waits_past_every_bound(
        self, changed: dict[str, Any], what: str
    ) -> None:
        assert raised("1000", **changed) == [what]

    @pytest.mark.parametrize(
        ("price", "what"), [("30", []), ("40", []), ("29.999999", ["fallback price"]), (None, [])]
    )
    def test_waits_when_calls_without_a_price_count_for_less(
        self, price: str | None, what: list[str]
    ) -> None:
        before = BUDGET | {"unpriced": "fallback", "fallback": "30.000000"}
        found = raised_limits.budget(before, before | {"fallback": price}, RaiseBounds())
        assert [each.what for each in found] == what

    def test_that_is_new_or_holds_more_runs_widens_nothing(self) -> None:
        assert raised_limits.budget({}, BUDGET, RaiseBounds()) == ()
        assert raised(scope="global", who="") == []
        assert raised(who="desk-* bug-*") == []

    def test_that_is_deleted_leaves_no_limit(self) -> None:
        (found,) = raised_limits.budget(BUDGET, {}, RaiseBounds())
        assert (found.old, found.new) == ("$10.00", "no limit")

    def test_a_limit_of_a_run_is_raised_by_what_it_counts(self) -> None:
        before = {"max_steps": 50, "max_tokens": 10, "max_usd": "2", "max_seconds": 60}
        after = before | {"max_steps": 60, "max_tokens": 5, "max_usd": "3"}
        found = raised_limits.agent(before, after, RaiseBounds(usd=Decimal(5)))
        assert found == (Widening("steps of a run", "50 steps", "60 steps"),)


class TestAPerson:
    def gained(self, before: dict[str, Any] | None = None, **changed: Any) -> list[str]:
        was = PERSON if before is None else before
        return [each.new for each in widened_rights.person(was, PERSON | changed)]

    def test_gains_by_a_role_a_permission_and_by_becoming_an_owner(self) -> None:
        assert self.gained(groups=["viewer", "admin"]) == ["admin"]
        assert self.gained(user_permissions=["auth.add_user"]) == ["auth.add_user"]
        assert self.gained(is_superuser=True) == ["may everything"]

    def test_who_loses_a_role_or_is_switched_off_gains_nothing(self) -> None:
        assert self.gained(groups=[]) == []
        assert self.gained(is_active=False, groups=["admin"]) == []

    def test_who_is_switched_on_again_gains_all_that_they_hold(self) -> None:
        assert self.gained(PERSON | {"is_active": False}) == ["viewer"]

    def test_in_a_group_gains_by_its_permissions_and_its_name(self) -> None:
        before = {"name": "desk", "permissions": ["a"]}
        assert widened_rights.group({}, before) == ()
        assert widened_rights.group(before, before | {"permissions": []}) == ()
        found = widened_rights.group(before, {"name": "finance", "permissions": ["a", "b"]})
        assert [(each.what, each.new) for each in found] == [
            ("name", "finance"),
            ("permission", "b"),
        ]

    def test_of_a_scope_grant_gains_by_further_scopes_and_by_holding_it(self) -> None:
        def granted(**changed: Any) -> list[str]:
            return [each.what for each in widened_rights.grant(GRANT, GRANT | changed)]

        assert granted(scopes="refunds:issue") == []
        assert granted(scopes="refunds:* mail:*") == ["scopes"]
        assert granted(group="viewer") == ["who holds it"]
        assert granted(group="") == ["who holds it"]
        assert granted(enabled=False) == []
        assert widened_rights.grant({}, GRANT)

    def test_of_a_scope_grant_to_a_group_that_is_called_everybody_is_not_everybody(self) -> None:
        few = GRANT | {"group": "everybody"}
        for held_by in ("", "operator"):
            (found,) = widened_rights.grant(few, few | {"group": held_by})
            assert found.what == "who holds it"


@pytest.mark.parametrize(
    ("names", "by", "within"),
    [
        ("refunds:issue", "refunds:*", True),
        ("refunds:*", "*", True),
        ("a?", "a*", True),
        ("a*", "a?", False),
        ("a?", "a[bc]", False),
        ("send_mail pay", "send_*", False),
    ],
)
def test_a_pattern_lies_within_another_only_where_that_is_certain(
    names: str, by: str, within: bool
) -> None:
    assert rules.covered(names, by) is within


class TestASecondPerson:
    change = ProposalPosition(ChangeStatus.OPEN, "1", "anna", AT + timedelta(hours=1))

    def test_is_somebody_else_with_the_same_right(self) -> None:
        assert rules.confirming(self.change, SecondPerson("2", True), AT) == ""
        assert "somebody else" in rules.confirming(self.change, SecondPerson("1", True), AT)
        assert "alone" in rules.confirming(self.change, SecondPerson("2", False), AT)
        obstacle = SecondPerson("2", True, "Owners are for owners.")
        assert rules.confirming(self.change, obstacle, AT) == "Owners are for owners."

    def test_comes_too_late_when_it_is_decided_or_over(self) -> None:
        who = SecondPerson("2", True)
        assert "Nobody confirmed it" in rules.confirming(self.change, who, AT + timedelta(hours=1))
        done = ProposalPosition(ChangeStatus.REFUSED, "1", "anna", AT + timedelta(hours=1))
        assert rules.confirming(done, who, AT) == "This change is refused already."

    def test_does_not_confirm_for_somebody_who_could_not_do_it_any_more(self) -> None:
        left = ProposalPosition(
            ChangeStatus.OPEN, "1", "anna", AT + timedelta(hours=1), "they left."
        )
        assert "anna could not" in rules.confirming(left, SecondPerson("2", True), AT)
        assert rules.refusing(left, SecondPerson("2", True), AT) == ""

    def test_refuses_and_the_first_withdraws(self) -> None:
        assert rules.withdrawing(self.change, SecondPerson("1", False), AT) == ""
        assert "Only anna" in rules.withdrawing(self.change, SecondPerson("2", True), AT)


def test_a_rule_that_is_switched_off_or_reaches_less_far_is_itself_a_widening() -> None:
    rule = {
        "enabled": True,
        **{f"alone_{name}": 0 for name in ("usd", "tokens", "steps", "seconds")},
    }
    assert raised_limits.bounds_raised(rule, rule | {"enabled": False})
    assert raised_limits.bounds_raised(rule, rule | {"alone_usd": "5"})
    assert not raised_limits.bounds_raised(rule | {"enabled": False}, rule)
