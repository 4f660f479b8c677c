"""How an agent wants its model asked: effort, temperature, field names, headers, further fields.

Light on purpose: the admin's form asks it for problems.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from console.json_value import Json
from console.outside import variables

EFFORTS: Final = ("none", "minimal", "low", "medium", "high")
SIGHT: Final = ("yes", "no")
MOST_FIELDS: Final = ("max_tokens", "max_completion_tokens")
OURS: Final = frozenset({"model", "messages", "tools", "system", "stream", "n"})
"""Fields of a request that belong to the run, not to the agent: what is sent, and to whom."""
HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
OF_KEYS: Final = ("authorization", "cookie", "key", "token", "secret", "password")
"""Words in the names of headers that carry what must not be stored."""
NOT_OURS_TO_SET: Final = frozenset({"host", "content-length", "content-type", "connection"})
VARIABLE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]{0,99})")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The settings of the agent's page; what is empty there is left to the model. `headers` may
    hold a `$VARIABLE` as a value, which is filled in when a request is made.
    """

    effort: str = ""
    temperature: Decimal | None = None
    most_field: str = ""
    one_call: bool = False
    caching: bool = True
    sees: str = ""
    key_header: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)


def settings(snapshot: Mapping[str, Json]) -> ModelSettings:
    """The settings in an agent's snapshot; an old snapshot has none."""
    temperature = snapshot.get("temperature")
    return ModelSettings(
        effort=str(snapshot.get("reasoning_effort") or ""),
        temperature=None if temperature in (None, "") else Decimal(str(temperature)),
        most_field=str(snapshot.get("max_tokens_field") or ""),
        one_call=snapshot.get("parallel_calls") == 1,
        caching=snapshot.get("prompt_caching") is not False,
        sees=str(snapshot.get("sees_pictures") or ""),
        key_header=str(snapshot.get("key_header") or ""),
        headers=dict(snapshot.get("extra_headers") or {}),
        body=dict(snapshot.get("extra_body") or {}),
    )


def header_problem(headers: Json, environment: Mapping[str, str]) -> str:
    """Why these headers may not be sent, in a sentence; empty when they may."""
    if not isinstance(headers, Mapping):
        return 'Headers are an object of texts: {"x-team": "refunds"}.'
    for name, value in headers.items():
        if not isinstance(value, str) or not HEADER_NAME.fullmatch(str(name)):
            return f"{name!r} is no header with a text as its value."
        if name.lower() in NOT_OURS_TO_SET or not value.isprintable():
            return f"The header {name} cannot be set here."
        variable = VARIABLE.fullmatch(value)
        if not variable and any(word in name.lower() for word in OF_KEYS):
            return (
                f"The header {name} looks like one that carries a key. Keys are never stored: name"
                " the variable that holds it, as $MY_API_KEY."
            )
        if variable and (sentence := variables.problem([variable[1]], environment)):
            return sentence
    return ""


def body_problem(body: Json) -> str:
    """Why these further fields may not be sent, in a sentence; empty when they may."""
    if not isinstance(body, Mapping):
        return 'Further fields are an object: {"top_p": 0.9}.'
    if taken := sorted(OURS & body.keys()):
        return f"{', '.join(taken)} cannot be set here: the run says what is sent."
    return ""


def filled(headers: Mapping[str, str], environment: Mapping[str, str], host: str) -> dict[str, str]:
    """Headers with the values of the variables that they name; one that may not be handed on to
    this host, or is not set, is left out.
    """
    return {
        name: value
        for name, text in headers.items()
        if (value := header_value(text, environment, host)) is not None
    }


def header_value(text: str, environment: Mapping[str, str], host: str) -> str | None:
    variable = VARIABLE.fullmatch(text)
    if not variable:
        return text
    if variables.problem([variable[1]], environment, host=host):
        return None
    return environment.get(variable[1], "").strip() or None
