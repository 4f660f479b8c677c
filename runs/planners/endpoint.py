"""Where a provider planner's model lives: which wire format, which address, whose key.

Light on purpose: web pages ask it for problems.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from console.json_value import Json
from console.outside import addresses, variables

NO_KEY: Final = "no-key"


class WireFormat(StrEnum):
    """The wire formats spoken.

    `OPENAI` is the chat completions format that most servers and gateways speak too.
    """

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


KEY_VARIABLES: Final = {
    WireFormat.OPENAI: "OPENAI_API_KEY",
    WireFormat.ANTHROPIC: "ANTHROPIC_API_KEY",
}
URL_VARIABLES: Final = {
    WireFormat.OPENAI: "OPENAI_BASE_URL",
    WireFormat.ANTHROPIC: "ANTHROPIC_BASE_URL",
}
HOMES: Final = {
    WireFormat.OPENAI: "https://api.openai.com/v1",
    WireFormat.ANTHROPIC: "https://api.anthropic.com",
}


class EndpointError(ValueError):
    """An agent whose model cannot be reached as it stands; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at an address. Its key is shown nowhere."""

    wire: WireFormat
    model: str
    base_url: str
    key: str = field(repr=False)

    @property
    def name(self) -> str:
        """The model as people read it: `openai:gpt-5-mini`."""
        return f"{self.wire}:{self.model}"

    @property
    def home(self) -> bool:
        """Whether it is the provider's own service."""
        return self.base_url.rstrip("/") == HOMES[self.wire]

    @property
    def host(self) -> str:
        """The host that is asked; empty when the address cannot be read."""
        try:
            return urlsplit(self.base_url).hostname or ""
        except ValueError:
            return ""

    @property
    def maker(self) -> str:
        """Who makes what only its maker understands: a provider's own service, whichever of its
        models; at any other address the model as well, since a gateway has many providers.
        """
        return f"{self.wire}" if self.home else f"{self.name} at {self.base_url.rstrip('/')}"

    @property
    def provider(self) -> str:
        """The provider's name for people: `anthropic` for its own service, else the host."""
        return str(self.wire) if self.home else urlsplit(self.base_url).netloc.rpartition("@")[2]

    def without_key(self, text: str) -> str:
        """A text that may quote the key, with the key blotted out."""
        return text.replace(self.key, "[key]") if self.key != NO_KEY else text


def endpoint(snapshot: Mapping[str, Json], environment: Mapping[str, str]) -> Endpoint:
    """The endpoint an agent's snapshot names; raises EndpointError.

    An address on the agent's page wins over the environment's. The provider's usual key goes to the
    provider's usual address, or to the address the environment gives; to an address on the agent's
    page goes only the key that the agent names, and none if it names none.
    """
    wire, model = wire_and_model(str(snapshot.get("planner") or ""))
    own = str(snapshot.get("base_url") or "").strip()
    given = environment.get(URL_VARIABLES[wire], "").strip()
    named = str(snapshot.get("key_variable") or "").strip()
    variable = named or ("" if own else KEY_VARIABLES[wire])
    if named and (sentence := variables.problem([named], environment)):
        raise EndpointError(sentence)
    key = environment.get(variable, "").strip()
    if not key and (named or not (own or given)):
        raise EndpointError(
            f"The environment variable {variable}, which holds the key for {wire}:{model}, is not"
            " set where Signalbox runs."
        )
    if own and not own.startswith(("http://", "https://")):
        raise EndpointError(
            f"The agent's base URL {own!r} does not begin with http:// or https://."
        )
    if own and (wrong := addresses.problem(own)):
        raise EndpointError(f"The agent's base URL {wrong}.")
    where = own or given or HOMES[wire]
    found = Endpoint(wire, model, where, key or NO_KEY)
    if key and (sentence := variables.misdirected([variable], environment, found.host)):
        raise EndpointError(sentence)
    return found


def wire_and_model(planner: str) -> tuple[WireFormat, str]:
    kind, _, model = planner.partition(":")
    if kind not in list(WireFormat) or not model.strip():
        raise EndpointError(
            f"The planner {planner!r} is not known: it is openai:MODEL, anthropic:MODEL or"
            " scripted."
        )
    return WireFormat(kind), model.strip()
