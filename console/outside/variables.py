"""Which environment variables hold secrets, and which of them may be named by an agent, an MCP
server or a channel. Pure.

Whoever may edit those names a variable and an address, and so sends the one to the other: only what
was meant for that may be named.
"""

import re
from collections.abc import Iterable, Mapping

HANDS_ON = "SIGNALBOX_HANDS_ON"
BY_CONVENTION = re.compile(r"[A-Za-z0-9_]+_API_KEY")
OWN = re.compile(
    r"SECRET_KEY|DATABASE_URL|REDIS_URL|(SIGNALBOX|PG|POSTGRES|DJANGO|CELERY|PYTHON|LD|DYLD)_?.*"
    r"|PATH|HOME|DEBUG"
)
"""Variables that the house needs itself, and those that tell a process how to run: never handed on,
whatever a setting says.
"""
SECRET = re.compile(
    r".*(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(_ID)?|PGPASSWORD|.*_(DSN"
    r"|WEBHOOK_URL)",
    re.IGNORECASE,
)
LOCATED = frozenset({"DATABASE_URL", "REDIS_URL"})


def handed_on(environment: Mapping[str, str]) -> frozenset[str]:
    """The names that the setting allows besides those of the convention."""
    return frozenset(word for word in re.split(r"[\s,]+", environment.get(HANDS_ON, "")) if word)


def may_be_named(name: str, environment: Mapping[str, str]) -> bool:
    """Whether it is `*_API_KEY` or listed in the setting; never for one of the house's own."""
    if OWN.fullmatch(name.upper()):
        return False
    return BY_CONVENTION.fullmatch(name) is not None or name in handed_on(environment)


def problem(names: Iterable[str], environment: Mapping[str, str]) -> str:
    """Why these variables may not be handed on, as a sentence; empty when they may."""
    refused = sorted({name for name in names if name and not may_be_named(name, environment)})
    if not refused:
        return ""
    own = [name for name in refused if OWN.fullmatch(name.upper())]
    if own:
        return f"{', '.join(own)} is Signalbox's own and is handed to nobody."
    listed = ", ".join(refused)
    return (
        f"{listed} may not be handed on: name a variable that ends in _API_KEY, or list it in"
        f" {HANDS_ON} where Signalbox runs."
    )


def all_set(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with all these set: whether they really are is checked where they
    are used.
    """
    return {**environment, **dict.fromkeys(names, "set")}


def secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Values that must not be shown anywhere, each with the name of its variable."""
    listed = handed_on(environment) | LOCATED
    return {
        value: name
        for name, value in environment.items()
        if value and (name in listed or (SECRET.fullmatch(name) and len(value) >= 8))
    }
