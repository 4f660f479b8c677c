"""What widens rights is proposed by one person and confirmed by another, where a rule says so: a
raised budget through each door, and what is never held up.
"""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.urls import reverse

from console.journal import database_clock
from console.refused import Refused
from policies.budgets.models import Budget
from policies.current.four_eyes import proposals
from policies.current.four_eyes.models import ProposedChange
from runs.models import Run
from tests.markup import read
from tests.pages.test_extend import reached
from tests.patience import PATIENCE, ended
from tests.policies.second_people import answer, client, events, proposed, staff, switch_on
from tests.policies.test_budget_admin import form as budget_form

pytestmark = pytest.mark.django_db


def budget(**facts: Any) -> Budget:
    return Budget.objects.create(name="day-usd", amount=10, action="pause", **facts)


def raise_budget(who: User, row: Budget, amount: str = "50", **more: Any) -> Any:
    page = reverse("admin:policies_budget_change", args=[row.pk])
    return client(who).post(page, budget_form(amount=amount, **more))


def raised(who: User, amount: str = "50", **more: Any) -> ProposedChange:
    """A raise that was proposed."""
    raise_budget(who, budget(), amount, **more)
    return proposed()


def amount() -> str:
    return str(Budget.objects.get(name="day-usd").amount.normalize())


class TestWithoutARule:
    def test_one_person_does_it_alone(self, anna: User) -> None:
        raise_budget(anna, budget())
        assert (amount(), ProposedChange.objects.count()) == ("5E+1", 0)

    def test_the_form_has_no_room_for_why(self, anna: User) -> None:
        page = reverse("admin:policies_budget_change", args=[budget().pk])
        assert "four_eyes_reason" not in client(anna).get(page).content.decode()


class TestARaisedBudget:
    @pytest.fixture(autouse=True)
    def _on(self) -> None:
        switch_on("budget")

    def test_is_in_force_once_a_second_person_confirms_it(self, anna: User, bert: User) -> None:
        change = raised(anna, four_eyes_reason="a sale", note="for the sale")
        assert amount() == "1E+1"
        page = client(bert).get(f"/policies/changes/{change.pk}/").content.decode()
        for words in ("$10.00", "$50.00", "anna", "a sale", "Confirm"):
            assert words in page
        assert answer(bert, change, "confirm", why="agreed").status_code == 302
        row = Budget.objects.get(name="day-usd")
        assert (amount(), row.note, row.version) == ("5E+1", "for the sale", 2)

    def test_is_told_on_the_approvals_page_to_whoever_may_be_the_second(
        self, anna: User, bert: User
    ) -> None:
        raised(anna)
        told = "1 change of rights or limits waits for a second person"
        pages = [read(client(who).get("/approvals/").content).words for who in (anna, bert)]
        assert [told in page for page in pages] == [False, True]
        counts = [client(who).get("/approvals/count/").content for who in (anna, bert)]
        assert counts == [b"0", b"1"]
        answer(bert, proposed(), "confirm")
        assert told not in read(client(bert).get("/approvals/").content).words
        assert client(bert).get("/approvals/count/").content == b"0"

    def test_is_shown_whole_with_what_it_narrows_and_renames(self, anna: User, bert: User) -> None:
        change = raised(anna, action="stop", note="for the sale")
        written = [each[0] for each in change.saved]
        assert sorted(written) == ["action", "amount", "note"]
        page = client(bert).get(f"/policies/changes/{change.pk}/").content.decode()
        assert "for the sale" in page

    def test_is_journalled_at_each_step_with_both_names(self, anna: User, bert: User) -> None:
        answer(bert, raised(anna, four_eyes_reason="a sale"), "confirm", why="agreed")
        asked, edited, done = events("change.proposed", "budget.changed", "change.confirmed")
        assert (asked.actor, asked.data["why"]) == ("user:anna", "a sale")
        assert asked.data["widens"] == [["at most", "$10.00", "$50.00"]]
        assert edited.actor == "user:anna (confirmed by bert)"
        assert edited.data["change"]["amount"] == ["10.000000", "50.000000"]
        assert (done.actor, done.data["by"], done.data["why"]) == ("user:bert", "anna", "agreed")
        assert asked.visibility == done.visibility == "user_hidden"

    def test_up_to_the_bound_is_one_persons(self, anna: User) -> None:
        switch_on("budget", alone_usd=50)
        raise_budget(anna, row := budget())
        assert amount() == "5E+1"
        raise_budget(anna, row, "51")
        assert (amount(), proposed().lines) == ("5E+1", [["at most", "$50.00", "$51.00"]])

    def test_that_is_lowered_switched_off_by_a_stricter_one_or_new_never_waits(
        self, anna: User
    ) -> None:
        raise_budget(anna, row := budget(), "5", action="stop")
        assert (amount(), Budget.objects.get(pk=row.pk).action) == ("5", "stop")
        client(anna).post(reverse("admin:policies_budget_add"), budget_form(name="new"))
        assert Budget.objects.filter(name="new").exists()
        assert not ProposedChange.objects.exists()

    def test_that_is_deleted_waits_from_its_page_and_from_the_list(
        self, anna: User, bert: User
    ) -> None:
        row = budget()
        client(anna).post(reverse("admin:policies_budget_delete", args=[row.pk]), {"post": "yes"})
        sent = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        client(anna).post(reverse("admin:policies_budget_changelist"), sent)
        assert Budget.objects.filter(pk=row.pk).exists()
        assert proposed().what == "Delete budget day-usd"
        answer(bert, proposed(), "confirm")
        assert not Budget.objects.filter(pk=row.pk).exists()

    def test_is_not_confirmed_by_whoever_proposed_it(self, anna: User) -> None:
        refused = answer(anna, raised(anna), "confirm")
        assert (refused.status_code, amount()) == (409, "1E+1")
        assert "somebody else has to confirm" in refused.content.decode()

    @pytest.mark.parametrize(("group", "status"), [("operator", 404), ("auditor", 409)])
    def test_is_not_confirmed_by_whoever_could_not_make_it(
        self, anna: User, group: str, status: int
    ) -> None:
        assert answer(staff("olga", group), raised(anna), "confirm").status_code == status
        assert amount() == "1E+1"

    def test_is_not_done_when_the_proposer_has_lost_the_right(self, anna: User, bert: User) -> None:
        change = raised(anna)
        anna.groups.clear()
        assert "anna could not make" in answer(bert, change, "confirm").content.decode()
        assert (amount(), proposed().status) == ("1E+1", "open")

    @pytest.mark.parametrize("way", ["password", "link"])
    def test_is_not_confirmed_by_whom_the_proposer_let_in_lately(
        self, anna: User, bert: User, way: str
    ) -> None:
        change = raised(anna)
        if way == "link":
            client(anna).post(f"/people/{bert.pk}/access/", {"act": "link"})
        else:
            new = {
                "usable_password": "true",
                "password1": "the lamp 42",
                "password2": "the lamp 42",
            }
            client(anna).post(f"/admin/auth/user/{bert.pk}/password/", new)
        bert.refresh_from_db()
        page = client(anna).get(f"/policies/changes/{change.pk}/").content.decode()
        assert "bert (from 20" in page
        refused = answer(bert, change, "confirm")
        assert (refused.status_code, amount()) == (409, "1E+1")
        assert "anna gave you a link or a password lately" in refused.content.decode()
        later = database_clock.now() + timedelta(hours=25)
        proposals.confirm(change=change.pk, actor=bert, at=later)
        assert amount() == "5E+1"

    def test_is_overtaken_by_any_edit_of_it_meanwhile(self, anna: User, bert: User) -> None:
        change = raised(anna)
        raise_budget(bert, Budget.objects.get(name="day-usd"), "7")
        assert "changed meanwhile" in answer(bert, change, "confirm").content.decode()
        assert (amount(), proposed().status) == ("7", "stale")
        assert [each.kind for each in events("change.stale")] == ["change.stale"]

    def test_is_withdrawn_by_the_one_and_refused_by_the_other(self, anna: User, bert: User) -> None:
        change = raised(anna)
        assert answer(bert, change, "withdraw").status_code == 409
        answer(anna, change, "withdraw")
        assert proposed().status == "withdrawn"
        ProposedChange.objects.all().delete()
        raise_budget(anna, Budget.objects.get(name="day-usd"))
        answer(bert, proposed(), "refuse", why="too much")
        assert (proposed().status, proposed().note, amount()) == ("refused", "too much", "1E+1")
        assert answer(bert, proposed(), "confirm").status_code == 409

    def test_is_over_when_nobody_confirms_it_in_time(self, anna: User, bert: User) -> None:
        change = raised(anna)
        late = database_clock.now() + timedelta(hours=73)
        with pytest.raises(Refused, match="propose it again"):
            proposals.confirm(change=change.pk, actor=bert, at=late)
        assert proposals.expire(at=late) == 1
        assert (proposed().status, amount()) == ("expired", "1E+1")
        assert events("change.expired")[0].actor == "supervisor"

    def test_is_kept_once_however_often_it_is_sent(self, anna: User) -> None:
        raise_budget(anna, row := budget())
        raise_budget(anna, row)
        assert ProposedChange.objects.count() == 1

    def test_says_who_may_confirm_it_or_what_to_do_where_nobody_may(self, anna: User) -> None:
        change = raised(anna)
        page = f"/policies/changes/{change.pk}/"
        assert "manage.py four_eyes" in client(anna).get(page).content.decode()
        staff("carla")
        assert "carla" in client(anna).get(page).content.decode()

    def test_of_an_agents_run_waits_like_a_shared_one(self, anna: User, bert: User) -> None:
        one = reached()
        limit = one.run.max_steps
        sent = {"value": str(limit * 2), "note": "one order is left"}
        led = client(anna).post(f"/runs/{one.run.pk}/extend/", sent)
        assert led["Location"] == f"/policies/changes/{proposed().pk}/"
        assert Run.objects.get(pk=one.run.pk).status == "stopped"
        answer(bert, proposed(), "confirm")
        run = Run.objects.get(pk=one.run.pk)
        assert (run.status, run.max_steps) == ("queued", limit * 2)


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_the_same_instant_do_it_once(anna: User, bert: User) -> None:
    switch_on("budget")
    change, carla = raised(anna), staff("carla")
    barrier, told = threading.Barrier(2), list[str]()

    def one(who: User) -> None:
        barrier.wait(PATIENCE)
        try:
            proposals.confirm(change=change.pk, actor=who, at=database_clock.now())
            told.append("done")
        except Refused as no:
            told.append(no.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(who,)) for who in (bert, carla)]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert sorted(told) == ["This change is confirmed already.", "done"]
    assert (amount(), len(events("budget.changed"))) == ("5E+1", 1)


def test_the_page_of_a_row_says_that_a_change_of_it_waits_to_whoever_may_see_that(
    anna: User, bert: User
) -> None:
    switch_on("budget")
    change = raised(anna)
    row = Budget.objects.get(name="day-usd")
    other = Budget.objects.create(name="other", amount=1)
    page = reverse("admin:policies_budget_change", args=[row.pk])
    said = "anna proposed a change of this, which waits for a second person"
    for who in (anna, bert):
        told = read(client(who).get(page).content)
        assert said in told.words
        assert told.all("a", href=f"/policies/changes/{change.pk}/")
    elsewhere = client(bert).get(reverse("admin:policies_budget_change", args=[other.pk]))
    assert said not in read(elsewhere.content).words
    looker = User.objects.create_user("vera", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_budget"))
    assert "proposed a change of this" not in client(looker).get(page).content.decode()
    answer(bert, change, "refuse")
    assert "proposed a change of this" not in client(bert).get(page).content.decode()
