"""The identity provider that the environment names, as django-allauth wants it, and which of its
groups are which roles here. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console import environment_values

PROVIDER = "oidc"
PREFIX = "SIGNALBOX_OIDC_"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """`roles`: groups here by the provider's group. `hours`: how long a session lasts before the
    provider is asked again. Without an `issuer` there is no provider.
    """

    issuer: str = ""
    client: str = ""
    secret: str = ""
    name: str = "single sign-on"
    claim: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    hours: float = 12.0

    def apps(self) -> dict[str, Any]:
        if not self.issuer:
            return {}
        app = {
            "provider_id": PROVIDER,
            "name": self.name,
            "client_id": self.client,
            "secret": self.secret,
            "settings": {"server_url": self.issuer},
        }
        return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}

    @property
    def managed(self) -> frozenset[str]:
        """The groups here that the provider decides about."""
        return frozenset(role for _, role in self.roles)

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """The groups here of whom the provider says this."""
        said = claims.get(self.claim)
        theirs = {said} if isinstance(said, str) else set(map(str, said or ()))
        return frozenset(role for group, role in self.roles if group in theirs)


def read(environment: Mapping[str, str]) -> OidcSettings:
    """What the variables say. Raises NotAValue for roles that cannot be read."""
    found = {
        "issuer": environment.get("SIGNALBOX_OIDC_ISSUER", ""),
        "client": environment.get("SIGNALBOX_OIDC_CLIENT", ""),
        "secret": environment.get("SIGNALBOX_OIDC_SECRET", ""),
        "name": environment.get("SIGNALBOX_OIDC_NAME", ""),
        "claim": environment.get("SIGNALBOX_OIDC_CLAIM", ""),
    }
    return OidcSettings(
        **{name: value for name, value in found.items() if value},
        roles=pairs(environment.get("SIGNALBOX_OIDC_ROLES", "")),
        hours=environment_values.number("SIGNALBOX_OIDC_HOURS", environment),
    )


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for word in filter(None, (each.strip() for each in text.split(","))):
        group, _, role = word.rpartition("=")
        if not group or not role:
            raise environment_values.NotAValue(
                f"SIGNALBOX_OIDC_ROLES: {word!r} is no pair like provider-group=operator"
            )
        found.append((group.strip(), role.strip()))
    return tuple(found)
