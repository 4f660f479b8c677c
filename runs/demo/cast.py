"""The demo's agents and what they are asked to do, as written in `agents/*.toml`; each script
beside its agent. Reads files, no tables.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("agents")
FACTS = (
    "title",
    "description",
    "max_steps",
    "max_tokens",
    "max_seconds",
    "max_tokens_out",
    "tools",
)


@dataclass(frozen=True, slots=True)
class Episode:
    """One kind of run: what it may be asked, how it will go, the order it is about (`new` or
    `delivered`, if any), narrower limits.

    `stands`: it comes to a point where it needs a person.
    """

    script: str
    goals: tuple[str, ...]
    weight: int
    order: str
    limits: Mapping[str, Any]
    stands: bool


@dataclass(frozen=True, slots=True)
class CastPart:
    """One agent: the columns of its row, and its episodes."""

    name: str
    columns: Mapping[str, Any]
    episodes: tuple[Episode, ...]


@functools.cache
def parts() -> tuple[CastPart, ...]:
    return tuple(_part(path) for path in sorted(FOLDER.glob("*.toml")))


@functools.cache
def script(agent: str, name: str) -> str:
    """The text of a script of an agent."""
    return (FOLDER / agent.replace("-", "_") / f"{name}.toml").read_text(encoding="utf-8")


def _part(path: Path) -> CastPart:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    columns = {name: table[name] for name in FACTS} | {
        "prompt": " ".join(table["prompt"].split()),
        "planner": "scripted",
        "script": script(table["name"], table["script"]),
        "max_usd": Decimal(table["max_usd"]),
        "acceptance": table.get("acceptance", []),
        "demo": True,
    }
    return CastPart(table["name"], columns, tuple(_episode(each) for each in table["episode"]))


def _episode(table: Mapping[str, Any]) -> Episode:
    limits, stands = table.get("limits", {}), table.get("stands", False)
    return Episode(
        table["script"],
        tuple(table["goals"]),
        table["weight"],
        table.get("order", ""),
        limits,
        stands,
    )
