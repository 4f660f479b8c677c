"""What the environment says of an identity provider."""

import pytest

from console.environment_values import NotAValue
from console.signing_in import oidc_settings

NAMED = {
    "SIGNALBOX_OIDC_ISSUER": "https://id.example.com",
    "SIGNALBOX_OIDC_ROLES": "cn=desk,ou=eu=operator".replace(",", ";") + ", leads = approver",
}


def test_without_an_issuer_there_is_no_provider() -> None:
    assert oidc_settings.read({}).apps() == {}


def test_groups_of_the_provider_are_roles_here() -> None:
    found = oidc_settings.read(NAMED)
    assert found.managed == {"operator", "approver"}
    assert found.roles_of({"groups": ["leads", "others"]}) == {"approver"}
    assert found.roles_of({"groups": "leads"}) == {"approver"}
    assert found.roles_of({"groups": "cn=desk;ou=eu"}) == {"operator"}
    assert found.roles_of({"groups": None}) == found.roles_of({}) == frozenset()


def test_what_is_no_pair_is_said() -> None:
    with pytest.raises(NotAValue, match="is no pair like provider-group=operator"):
        oidc_settings.read({"SIGNALBOX_OIDC_ROLES": "leads"})
