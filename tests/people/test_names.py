"""No account is called what could be taken for another, by whichever door it comes: the rule is
asked as a row is saved.
"""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from console.journal import acting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    [
        "аdmin",
        "Admin",
        "adm1n",
        "system",
        "Supervisor",
        "judge",
        "replay",
        "an\u200bna",
        "anna:17",
        "an na",
    ],
)
def test_no_account_is_made_under_a_name_that_could_be_taken_for_another(name: str) -> None:
    User.objects.create_user("admin")
    with pytest.raises(ValidationError):
        User.objects.create_user(name)
    with pytest.raises(ValidationError):
        User(username=name).save()
    with pytest.raises(ValidationError):
        User.objects.get_or_create(username=name)


@pytest.mark.parametrize("name", ["аdmin", "clock"])
def test_the_command_that_makes_an_owner_refuses_such_a_name_in_a_sentence(name: str) -> None:
    User.objects.create_user("admin")
    with pytest.raises(CommandError, match="reads like"):
        call_command("createsuperuser", interactive=False, username=name, email="", verbosity=0)


def test_nobody_is_renamed_into_somebody_else() -> None:
    User.objects.create_user("admin")
    anna = User.objects.create_user("anna")
    anna.username = "аdmin"
    with pytest.raises(ValidationError):
        anna.save()
    with pytest.raises(ValidationError):
        anna.save(update_fields=["username"])
    anna.save(update_fields=["email"])
    assert User.objects.get(pk=anna.pk).username == "anna"


def test_whoever_has_an_odd_name_from_before_is_saved_as_before_and_may_get_a_better_one() -> None:
    User.objects.create_user("admin")
    odd = User.objects.create_user("other")
    User.objects.filter(pk=odd.pk).update(username="аdmin")
    odd = User.objects.get(pk=odd.pk)
    odd.save()
    odd.username = "Anna"
    odd.save()
    odd.username = "anna"
    odd.save()


def test_the_house_makes_its_own_accounts_once_and_nobody_has_a_password_to_them() -> None:
    made, new = acting.house_account("demo", first_name="The demo")
    again, newer = acting.house_account("demo")
    assert (made.pk, new, newer) == (again.pk, True, False)
    assert not User.objects.get(pk=made.pk).has_usable_password()
    made.email = "demo@example.com"
    made.save()
