"""A run that was stopped is undone by its worker, left, or asks a person; and later chosen steps
are undone, with another person's yes where one was asked about the call itself.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.services import deciding
from console.journal import content_erasure
from console.refused import Refused
from policies import current
from policies.halts import halt_levers
from runs import later_undo, run_erasure, run_rows, services
from runs.engine.events import RunExtended
from runs.engine.projection import project
from runs.engine.vocabulary import AnswerAct, Compensation, Effect, Waiting
from runs.models import Run
from tests.approvals.desk import PAYS
from tests.runtime.conftest import Bench, answering, calling, kinds, state_of, stored
from tests.supervision.conftest import approver as approver
from tests.supervision.conftest import house as house

UNDOABLE: dict[str, Any] = {"effect": Effect.REVERSIBLE, "has_undo": True, "undo_idempotent": True}
TWICE = calling("create_order") + calling("create_order")


def at() -> datetime:
    return datetime.now(UTC)


def stopped(house: Bench, choice: str, script: str = TWICE, **facts: Any) -> Run:
    """A run that its own limit of steps stops after all it was told to do."""
    house.tool("create_order", **UNDOABLE)
    steps = script.count("[[step]]")
    facts = {"after_stop": choice, "max_steps": steps, **facts}
    return house.play(house.start(script + answering(), **facts))


def decide(run: Run, who: User, act: AnswerAct, note: str = "") -> Request:
    asked = Request.objects.get(run=run, status="open")
    seen: dict[str, Any] = {"digest": asked.digest, "version": asked.version}
    return deciding.decide_at_once(
        request_id=asked.pk, actor=who, at=at(), act=act, note=note, **seen
    )


def whole(run: Run) -> None:
    """The run's row is what its journal folds to."""
    row, folded = Run.objects.get(pk=run.pk), project(state_of(run))
    assert {name: getattr(row, name) for name in folded} == folded


def test_a_run_that_a_budget_stops_is_undone_newest_first_by_the_worker_that_has_it(
    house: Bench,
) -> None:
    run = stopped(house, "undo")
    assert house.tools["create_order"].undone == [f"{run.id}:2.1:undo", f"{run.id}:1.1:undo"]
    assert (run.status, run.stop_reason, run.undone) == ("stopped", "BUDGET_EXCEEDED", 2)
    assert run.stop_detail.endswith("2 of 2 undone.")
    assert kinds(run).count("run.stopped") == 1
    assert kinds(run)[-1] == "undo.ended"
    whole(run)


def test_a_run_whose_agent_leaves_everything_can_still_be_continued(house: Bench) -> None:
    run = stopped(house, "leave")
    assert (run.status, run.undone, house.tools["create_order"].undone) == ("stopped", 0, [])
    assert not Request.objects.filter(run=run).exists()


class TestAQuestion:
    def test_names_what_would_be_undone_and_a_yes_has_it_undone(
        self, house: Bench, approver: User
    ) -> None:
        run = stopped(house, "ask")
        asked = Request.objects.get(run=run)
        assert (asked.kind, asked.status, asked.facts["undoes"]) == (
            "undo", "open", ["2.1", "1.1"],
        )  # fmt: skip
        assert (run.status, run.waiting_for) == ("stopped", Waiting.UNDO)
        decide(run, approver, AnswerAct.APPROVE, note="it was a wrong order")
        assert house.look(run).status == "compensating"
        end = house.play(run)
        assert (end.status, end.stop_reason, end.undone) == ("stopped", "BUDGET_EXCEEDED", 2)
        assert Request.objects.get(run=run).act == "approve"
        begun = next(row.record for row in stored(run) if row.record.kind == "undo.begun")
        assert (begun.actor, begun.data["note"]) == ("user:ada", "it was a wrong order")
        whole(run)

    def test_that_is_answered_with_a_no_leaves_everything(
        self, house: Bench, approver: User
    ) -> None:
        run = stopped(house, "ask")
        decide(run, approver, AnswerAct.DENY, note="it stands")
        end = house.play(run)
        assert (end.status, end.waiting_for, end.undone) == ("stopped", "", 0)
        assert house.tools["create_order"].undone == []
        assert Request.objects.get(run=run).act == "deny"
        whole(run)

    def test_is_closed_when_the_run_goes_on_after_all(self, house: Bench) -> None:
        run = stopped(house, "ask")
        with transaction.atomic():
            state = run_rows.state_of(locked := run_rows.locked(run.pk))
            more = RunExtended(at=at(), limit="steps", value="9", was="2")
            run_rows.appended(locked, state, [more])
        assert Request.objects.get(run=run).status == "closed"
        assert (house.look(run).waiting_for, house.play(run).status) == ("", "completed")

    def test_is_asked_after_a_kill_as_well_where_whoever_kills_it_wants_that(
        self, house: Bench
    ) -> None:
        house.tool("create_order", **UNDOABLE)
        run = house.start(calling("create_order") + calling("hold") + answering())
        held = house.tool("hold", house.forever, timeout=60)
        worker = house.playing(run)
        assert held.begun.wait(20)
        chosen = Compensation.ASK
        services.kill(run_id=run.pk, actor=house.user, at=at(), compensate=chosen)
        worker.join(20)
        end = house.look(run)
        assert (end.stop_reason, end.waiting_for, end.undone) == ("USER_KILLED", Waiting.UNDO, 0)
        assert Request.objects.get(run=run, status="open").kind == "undo"
        whole(run)


def test_what_is_undone_goes_on_under_a_halt_which_keeps_only_calls_back(
    house: Bench, approver: User
) -> None:
    run = stopped(house, "ask")
    halt_levers.pull(reach="all", target="", reason="an outage", actor=house.user, at=at())
    current.refresh()
    decide(run, approver, AnswerAct.APPROVE, note="it was a wrong order")
    assert house.play(run).undone == 2
    new = house.play(house.start(TWICE + answering()))
    assert (new.status, len(house.tools["create_order"].keys)) == ("paused", 2)


class TestALaterUndo:
    def completed(self, house: Bench) -> Run:
        house.tool("create_order", **UNDOABLE)
        house.tool("send_note", effect=Effect.REVERSIBLE)
        return house.play(house.start(TWICE + calling("send_note") + answering()))

    def undo(self, house: Bench, run: Run, *calls: str, note: str = "wrong order") -> Run:
        return later_undo.undo(
            run_id=run.pk, actor=house.user, at=at(), calls=calls, note=note
        )  # fmt: skip

    def test_of_chosen_steps_is_done_by_a_worker_and_the_run_has_still_completed(
        self, house: Bench
    ) -> None:
        run = self.completed(house)
        self.undo(house, run, "1.1", "2.1")
        end = house.play(run)
        assert house.tools["create_order"].undone == [f"{run.id}:2.1:undo", f"{run.id}:1.1:undo"]
        assert (end.status, end.undone, end.ended_at) == ("completed", 2, run.ended_at)
        whole(run)

    @pytest.mark.parametrize(
        ("calls", "note", "said"),
        [
            ((), "why", "Choose at least one step"),
            (("1.1",), "  ", "Say why it is undone"),
            (("3.1",), "why", "Call 3.1 cannot be undone"),
            (("9.9",), "why", "Call 9.9 cannot be undone"),
        ],
    )
    def test_is_refused_in_words(
        self, house: Bench, calls: tuple[str, ...], note: str, said: str
    ) -> None:
        run = self.completed(house)
        with pytest.raises(Refused, match=said):
            self.undo(house, run, *calls, note=note)
        assert house.look(run).status == "completed"

    def test_is_refused_for_what_is_undone_already(self, house: Bench) -> None:
        run = self.completed(house)
        self.undo(house, run, "1.1")
        with pytest.raises(Refused, match="this one is compensating"):
            self.undo(house, run, "2.1")
        house.play(run)
        with pytest.raises(Refused, match="undone already"):
            self.undo(house, run, "1.1")

    def test_is_refused_for_a_run_whose_content_was_erased(self, house: Bench) -> None:
        run = self.completed(house)
        run_erasure.erase(run_id=run.pk, actor="user:ada", reason="asked to", at=at())
        assert content_erasure.KIND in kinds(run)
        with pytest.raises(Refused, match="was erased"):
            self.undo(house, run, "1.1")

    def test_is_refused_to_people_who_run_no_agents(self, house: Bench) -> None:
        run = self.completed(house)
        with pytest.raises(Refused, match="Only operators"):
            later_undo.undo(
                run_id=run.pk,
                actor=User.objects.create_user("vera"),
                at=at(),
                calls=("1.1",),
                note="why",
            )


class TestFourEyes:
    def approved(self, house: Bench, approver: User) -> Run:
        """A run whose one call a person had to say yes to."""
        schema = dict(PAYS)
        house.tool("issue_refund", **{**UNDOABLE, "effect": Effect.IRREVERSIBLE}, schema=schema)
        args = "{ order_id = 1042, amount = 80.0 }"
        run = house.play(house.start(calling("issue_refund", args) + answering()))
        assert run.waiting_for == Waiting.APPROVAL
        decide(run, approver, AnswerAct.APPROVE)
        return house.play(run)

    def test_another_person_agrees_to_the_undo_of_a_call_that_one_was_asked_about(
        self, house: Bench, approver: User
    ) -> None:
        run = self.approved(house, approver)
        house.user.groups.add(Group.objects.get(name="approver"))
        later_undo.undo(
            run_id=run.pk, actor=house.user, at=at(), calls=("1.1",), note="wrong order"
        )
        waits = house.play(run)
        assert (waits.status, waits.waiting_for) == ("completed", Waiting.UNDO)
        assert house.tools["issue_refund"].undone == []
        with pytest.raises(NotDecided, match="somebody else has to agree"):
            decide(run, User.objects.get(pk=house.user.pk), AnswerAct.APPROVE)
        decide(run, approver, AnswerAct.APPROVE)
        end = house.play(run)
        assert (end.status, end.undone) == ("completed", 1)
        assert house.tools["issue_refund"].undone == [f"{run.id}:1.1:undo"]
        whole(run)

    def test_nothing_more_can_be_chosen_while_somebody_is_asked(
        self, house: Bench, approver: User
    ) -> None:
        run = self.approved(house, approver)
        wanted: dict[str, Any] = {
            "run_id": run.pk,
            "actor": house.user,
            "calls": ("1.1",),
            "note": "wrong",
        }
        later_undo.undo(at=at(), **wanted)
        with pytest.raises(Refused, match="A person is asked about that already"):
            later_undo.undo(at=at(), **wanted)
        assert Request.objects.filter(run=run, status="open").count() == 1
