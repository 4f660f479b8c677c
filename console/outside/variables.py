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


def listed(environment: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """What the setting says: each name with the hosts that it may be sent to; none for all."""
    found: dict[str, frozenset[str]] = {}
    for word in re.split(r"[\s,]+", environment.get(HANDS_ON, "")):
        name, _, host = word.partition("@")
        found[name] = found.get(name, frozenset()) | ({host.lower()} if host else set())
    return {name: hosts for name, hosts in found.items() if name}


def handed_on(environment: Mapping[str, str]) -> frozenset[str]:
    """The names that the setting allows besides those of the convention."""
    return frozenset(listed(environment))


def may_be_named(name: str, environment: Mapping[str, str]) -> bool:
    """Whether it is `*_API_KEY` or listed in the setting; never for one of the house's own."""
    if OWN.fullmatch(name.upper()):
        return False
    return BY_CONVENTION.fullmatch(name) is not None or name in handed_on(environment)


def misdirected(names: Iterable[str], environment: Mapping[str, str], host: str) -> str:
    """Why these variables may not go to a host, as a sentence; empty when they may. A program that
    is started has no host.
    """
    known = listed(environment)
    for name in names:
        hosts = known.get(name, frozenset())
        if hosts and not any(_is(host.lower().rstrip("."), each) for each in hosts):
            where = f"not to {host}" if host else "not to a program that is started"
            return f"{name} is for {', '.join(sorted(hosts))} only ({HANDS_ON}), {where}."
    return ""


def _is(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def problem(
    names: Iterable[str], environment: Mapping[str, str], *, host: str | None = None
) -> str:
    """Why these variables may not be handed on, as a sentence; empty when they may.

    `host`: where they would go, empty for a program; None while that is not known.
    """
    names = list(names)
    refused = sorted({name for name in names if name and not may_be_named(name, environment)})
    if not refused:
        return "" if host is None else misdirected(names, environment, host)
    own = [name for name in refused if OWN.fullmatch(name.upper())]
    if own:
        return f"{', '.join(own)} is Signalbox's own and is handed to nobody."
    return (
        f"{', '.join(refused)} may not be handed on: name a variable that ends in _API_KEY, or list"
        f" it in {HANDS_ON} where Signalbox runs."
    )


def all_set(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with all these set: whether they really are is checked where they
    are used.
    """
    return {**environment, **dict.fromkeys(names, "set")}


def secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Values that must not be shown anywhere, each with the name of its variable."""
    named = handed_on(environment) | LOCATED
    return {
        value: name
        for name, value in environment.items()
        if value and (name in named or (SECRET.fullmatch(name) and len(value) >= 8))
    }
