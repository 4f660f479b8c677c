"""What two people let go or switch off: levers, what was cut off by hand, and the rules of four
eyes themselves.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from console.journal import database_clock
from policies.circuit import breaker_levers
from policies.circuit.models import Breaker
from policies.current.four_eyes.models import FourEyesRule
from policies.halts import halt_levers
from policies.halts.models import Halt
from tests.policies import gate_forms
from tests.policies.second_people import answer, client, events, proposed, staff, switch_on

pytestmark = pytest.mark.django_db


class TestALever:
    @pytest.fixture(autouse=True)
    def _on(self) -> None:
        switch_on("lever")

    def pulled(self, who: User) -> Halt:
        at = database_clock.now()
        return halt_levers.pull(reach="all", target="", reason="odd", actor=who, at=at)

    def test_is_pulled_at_once_and_let_go_by_two(self) -> None:
        olga, otto = staff("olga", "operator"), staff("otto", "operator")
        row = self.pulled(olga)
        page = f"/policies/halt/{row.pk}/release/"
        client(olga).post(page, {"note": "mended"})
        assert Halt.objects.get(pk=row.pk).released_at is None
        answer(otto, proposed(), "confirm")
        row.refresh_from_db()
        assert (row.released_by, row.release_note) == ("olga", "mended")
        assert events("halt.released")[0].actor == "user:olga (confirmed by otto)"

    def test_sends_a_dialog_on_to_the_page_of_the_change(self) -> None:
        olga = staff("olga", "operator")
        page = f"/policies/halt/{self.pulled(olga).pk}/release/"
        led = client(olga).post(page, {}, headers={"HX-Request": "true"})
        assert led["HX-Redirect"] == f"/policies/changes/{proposed().pk}/"

    def test_of_a_tool_cut_off_by_hand_is_let_go_by_two(self, anna: User, bert: User) -> None:
        cut: Any = {"tool": "issue_refund", "reason": "odd"}
        breaker_levers.force_open(**cut, actor=anna, at=database_clock.now())
        client(anna).post("/policies/breakers/reset/", {"tool": "issue_refund", "reason": "ok"})
        assert Breaker.objects.get(tool="issue_refund").phase == "forced"
        answer(bert, proposed(), "confirm")
        assert Breaker.objects.get(tool="issue_refund").phase == "closed"

    def test_of_a_breaker_that_opened_by_itself_is_one_persons(self, anna: User) -> None:
        Breaker.objects.create(tool="issue_refund", phase="open")
        client(anna).post("/policies/breakers/reset/", {"tool": "issue_refund", "reason": "ok"})
        assert Breaker.objects.get(tool="issue_refund").phase == "closed"


class TestARule:
    def save(self, who: User, kind: str, **sent: Any) -> str:
        row = FourEyesRule.objects.get(kind=kind)
        bounds = {f"alone_{name}": 0 for name in ("usd", "tokens", "steps", "seconds")}
        return gate_forms.change(client(who), row, {"hours": 72, **bounds, **sent})

    def enabled(self, kind: str) -> bool:
        return FourEyesRule.objects.get(kind=kind).enabled

    def test_is_switched_on_by_one_and_off_by_two(self, anna: User, bert: User) -> None:
        self.save(anna, "scope", enabled="on")
        assert self.enabled("scope")
        self.save(anna, "scope")
        assert self.enabled("scope")
        answer(bert, proposed(), "confirm")
        assert not self.enabled("scope")

    def test_is_not_switched_on_where_nobody_could_confirm(self, anna: User) -> None:
        assert "Nobody could confirm it" in self.save(anna, "scope", enabled="on")
        assert not self.enabled("scope")

    def test_is_not_switched_on_while_only_they_could_confirm_whom_one_let_in_lately(
        self, anna: User, bert: User
    ) -> None:
        client(anna).post(f"/people/{bert.pk}/access/", {"act": "link"})
        page = self.save(anna, "budget", enabled="on")
        assert "Nobody could confirm it, or take it back, before 20" in page
        assert "everybody else who may edit budgets was given a link or a password by you" in page
        assert not self.enabled("budget")
        self.save(staff("cora", "admin"), "budget", enabled="on")
        assert self.enabled("budget")

    def test_with_a_higher_bound_takes_two(self, anna: User, bert: User) -> None:
        switch_on("budget")
        self.save(anna, "budget", enabled="on", alone_usd="100")
        assert proposed().lines == [["alone up to, usd", "0.000000", "100.000000"]]

    def test_is_switched_off_on_the_machine_with_a_reason(self) -> None:
        switch_on("role")
        with pytest.raises(CommandError, match="Say why"):
            call_command("four_eyes", off="role")
        call_command("four_eyes", off="role", why="bert has left")
        assert not self.enabled("role")
        (event,) = events("foureyesrule.changed")
        assert event.actor.startswith("shell:")

    def test_is_suggested_where_two_people_could_confirm(self, anna: User, bert: User) -> None:
        assert "2 people could confirm" in client(anna).get("/policies/").content.decode()
        switch_on("scope")
        assert "Nothing waits" in client(anna).get("/policies/").content.decode()
