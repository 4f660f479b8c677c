"""Secrets named in the environment never reach a planner, a journal row or a log: their values are masked in whatever tools give back.

Only names travel in snapshots; a value is read here, at the call, and nowhere kept but in the pattern that looks for it.
"""

import re
from collections.abc import Iterable, Mapping

from runs.engine.ports import Json

SHORTEST = 6


class Redactor:
    """Masks the values of the named variables. A value under six characters is left: it would mask half of any text."""

    def __init__(self, names: Iterable[str], environment: Mapping[str, str]) -> None:
        values = {environment[name]: name for name in names if len(environment.get(name, "")) >= SHORTEST}
        self._names = values
        longest_first = sorted(values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def text(self, text: str) -> str:
        """The text with each secret replaced by the name of its variable."""
        return text if self._pattern is None else self._pattern.sub(lambda found: f"[{self._names[found[0]]}]", text)

    def json(self, value: Json) -> Json:
        """The same for every text inside a JSON value, names of fields included."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.json(each) for key, each in value.items()}
        return [self.json(each) for each in value] if isinstance(value, list | tuple) else value


def names_in(snapshot: Mapping[str, Json]) -> frozenset[str]:
    """The variables that hold secrets for this agent: its provider's key and what its MCP servers are handed."""
    servers = snapshot.get("mcp_servers") or []
    handed = {str(name) for server in servers for name in (server.get("environment") or {}).values()}
    return frozenset(handed | {str(snapshot.get("key_variable") or "")}) - {""}
