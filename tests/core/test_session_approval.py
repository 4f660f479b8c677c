"""Which calls a session approval covers, and in whose name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine import kept_calls, session_approvals
from runs.engine.kept_calls import SessionApproval
from runs.engine.vocabulary import AnswerAct, Effect
from tests.core.runs_in_memory import START, running

NOW = START + timedelta(seconds=60)
ONE_APPROVER: dict[str, Any] = {"approval": {"group": "approver", "quorum": 1}}


def question(args: dict[str, Any], **facts: Any) -> e.CallAsked:
    return e.CallAsked(
        at=NOW, step=1, tool="pay", call="1.1", ref="r", args=args, effect=Effect.IRREVERSIBLE,
        undo=False, rule="asks", sentence="?", facts=facts,
    )  # fmt: skip


class TestASessionApproval:
    grant = SessionApproval(
        "g1", "pay", {"to": "anna", "amount": 5}, ("amount",), 3, "olga", 1, "17"
    )

    def covers(self, args: dict[str, Any], grant: SessionApproval = grant, **facts: Any) -> bool:
        return session_approvals.covers(grant, question(args, **facts))

    def test_covers_calls_with_equal_arguments_but_for_the_free_ones(self) -> None:
        assert self.covers({"to": "anna", "amount": 5})
        assert self.covers({"to": "anna", "amount": 500})
        assert self.covers({"to": "anna"})
        assert not self.covers({"to": "olga", "amount": 5})
        assert not self.covers({"to": "anna", "amount": 5, "note": ""})
        assert not self.covers({"amount": 5})

    def test_covers_no_other_tool_and_no_more_calls_than_it_was_given_for(self) -> None:
        args = {"to": "anna", "amount": 5}
        assert not self.covers(args, replace(self.grant, tool="refund"))
        assert self.covers(args, replace(self.grant, used=2))
        assert not self.covers(args, replace(self.grant, used=3))

    def test_leaves_nothing_free_that_came_out_of_a_tool(self) -> None:
        args = {"to": "anna", "amount": 5}
        marks = [{"path": "args.amount"}]
        assert not self.covers(args, tainted=marks)
        assert self.covers(args, replace(self.grant, free=()), tainted=marks)

    def test_covers_nothing_that_other_people_decide(self) -> None:
        args = {"to": "anna", "amount": 5}
        asked = replace(self.grant, deciders=kept_calls.deciders(ONE_APPROVER))
        assert self.covers(args, asked, **ONE_APPROVER)
        assert self.covers(args, asked, approval={**ONE_APPROVER["approval"], "ttl": 60})
        assert self.covers(
            args, replace(asked, deciders={"group": "approver", "quorum": 2}), **ONE_APPROVER
        )
        for terms in ({"group": "approver", "quorum": 2}, {"group": "finance", "quorum": 1}, None):
            assert not self.covers(args, asked, approval=terms)

    @pytest.mark.parametrize(
        ("given", "asked_for", "covered"),
        [
            (1, 1, True),
            (1, 1.0, True),
            (1, True, False),
            (0, False, False),
            (True, True, True),
            ("1", 1, False),
            (None, 0, False),
            ([1, {"a": 0}], [1, {"a": 0}], True),
            ([1, {"a": 0}], [1, {"a": False}], False),
            ([1, 2], [2, 1], False),
        ],
    )
    def test_takes_arguments_for_equal_that_are_equal_as_json(
        self, given: Any, asked_for: Any, covered: bool
    ) -> None:
        grant = replace(self.grant, args={"x": given}, free=())
        assert self.covers({"x": asked_for}, grant) is covered

    def test_decides_in_the_name_of_who_gave_it(self) -> None:
        state = replace(running(), grants=(replace(self.grant, tool="other"), self.grant))
        decided = session_approvals.standing(state, question({"to": "anna", "amount": 7}))
        assert decided == e.CallDecided(
            at=NOW, actor="olga", person="17", step=1, tool="pay", call="1.1",
            word=AnswerAct.APPROVE,
            note="Session approval, 2 of 3.", grant="g1",
        )  # fmt: skip
        assert session_approvals.standing(running(), question({"to": "anna"})) is None
