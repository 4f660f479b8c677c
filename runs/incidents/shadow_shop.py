"""The shadow shop: tools that behave like real ones and act on nothing but a table of their own.

They are in no registry: only a run that names an incident in its snapshot has them, and it has no
others.
"""

import asyncio
import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, assert_never
from uuid import UUID

from console.journal import acting, database_clock, pool
from console.json_value import Json
from runs import services, snapshots
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, Lookup, ToolContext, ToolSpec
from runs.engine.vocabulary import Effect, Verdict
from runs.incidents import far_side
from runs.incidents.incident import FaultKind, Incident, StagedFault, library
from runs.models import McpServer, ServedTool
from runs.tools import sightings
from runs.tools.definitions import Definition
from runs.tools.threads import POOL
from runs.tools.toolbox import Box

CATALOGUE: Final = Path(__file__).with_name("shadow_shop.toml")
ITSELF: Final = "incident-library"
"""The account in whose name an incident kills its own run, and the agent of all incidents."""
CUT_OFF: Final = "The connection was lost after the request had been sent."
LOSE: Final = """UPDATE runs_run SET lease_epoch = lease_epoch + 1,
    lease_expires_at = now() - interval '1 second' WHERE id = %s AND lease_owner <> ''"""


@dataclass(frozen=True, slots=True)
class ShadowTool:
    """One tool of the shop in one incident. `answer` is what it says when nothing befalls it;
    {step} in it is the run's step.
    """

    spec: ToolSpec
    answer: Json
    faults: tuple[StagedFault, ...] = ()

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        tries = await self._arrived(context)
        fault = next(
            (each for each in self.faults if each.strikes(self.spec.name, context.step, tries)),
            None,
        )
        if fault is not None:
            return await self._befallen(fault, context)
        await self._acts(context)
        return filled(self.answer, context.step)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.UNKNOWN

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        if not await POOL.run(far_side.happened, context):
            return Lookup(Happened.NO)
        return Lookup(Happened.YES, filled(self.answer, context.step))

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return {"undone": await POOL.run(far_side.undo, context)}

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return Lookup(Happened.UNKNOWN)

    async def _arrived(self, context: ToolContext) -> int:
        """How often the call has arrived."""
        return await POOL.run(far_side.note_arrival, context, self.spec.name)

    async def _acts(self, context: ToolContext) -> None:
        if self.spec.effect is not Effect.READ:
            await POOL.run(far_side.act, context)

    async def _befallen(self, fault: StagedFault, context: ToolContext) -> Json:
        match kind := fault.does:
            case FaultKind.ANSWER:
                return filled(fault.answer, context.step)
            case FaultKind.ERROR:
                raise ToolError(fault.message)
            case FaultKind.CUT:
                await self._acts(context)
                raise ToolError(fault.message or CUT_OFF, answered=False)
            case FaultKind.KILL:
                await POOL.run(kill, UUID(context.run), fault.message)
            case FaultKind.LOSE:
                await self._acts(context)
                await POOL.run(lose, UUID(context.run))
            case _:
                assert_never(kind)
        await asyncio.Event().wait()  # no answer: the call is broken off, or its time is over
        return None


def kill(run: UUID, note: str) -> None:
    """Kill the run as a person would, in the library's own name."""
    who, _ = acting.house_account(ITSELF, first_name="Incident library")
    services.kill(run_id=run, actor=who, at=database_clock.now(), note=note)


def lose(run: UUID) -> None:
    """Let the run's lease be over, as when its worker is gone without a word. No other run is
    touched.
    """
    with pool.pool().connection() as connection:
        connection.execute(LOSE, (run,))


def toolbox(snapshot: Mapping[str, Json]) -> Box:
    """The tools of a run that plays an incident. Those of an incident that is in the library no
    more are missing by name.
    """
    incident = library().get(str(snapshot[snapshots.SHADOW]))
    if incident is None:
        return Box((), missing=["The incident that it plays is no longer in the library."])
    offered = [each for each in shadow_tools(incident) if each.spec.name not in incident.changed]
    return Box(offered, withheld={name: held(name) for name in incident.changed})


def held(name: str) -> str:
    """Why a tool that is no more what was accepted may not be called, by the rule for tools of
    servers: on a row that is never saved.
    """
    facts = catalogue()[name]
    schema = spec(name, facts).schema
    row = ServedTool(
        server=McpServer(name="shadow_shop"),
        name=name,
        digest=Definition(name, facts["does"], schema).digest,
        accepted_digest=Definition(name, facts["was"], schema).digest,
        changed_at=database_clock.now(),
    )
    return sightings.sentence(row) if row.withheld else ""


def shadow_tools(incident: Incident) -> Sequence[ShadowTool]:
    """The tools that the incident names. Raises KeyError for one that the shop has not."""
    return [tool(incident, name) for name in incident.tools]


def tool(incident: Incident, name: str) -> ShadowTool:
    facts = catalogue()[name]
    faults = tuple(each for each in incident.faults if each.tool == name)
    return ShadowTool(spec(name, facts), facts["answer"], faults)


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """The shop's tools by name, as written in its file."""
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def spec(name: str, facts: Mapping[str, Any]) -> ToolSpec:
    takes: Mapping[str, str] = facts.get("takes", {})
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {each: {"type": kind} for each, kind in takes.items()},
        "required": list(takes),
        "additionalProperties": False,
    }
    return ToolSpec(
        name,
        facts["does"],
        schema,
        effect=Effect(facts["effect"]),
        idempotent=facts.get("idempotent", facts["effect"] == Effect.READ),
        has_lookup=facts.get("lookup", False),
        has_undo=facts.get("undo", False),
        undo_idempotent=facts.get("undo", False),
        timeout=facts.get("timeout", 20.0),
    )


def filled(answer: Json, step: int) -> Json:
    """The answer with the step's number in its texts."""
    if isinstance(answer, str):
        return answer.replace("{step}", str(step))
    if isinstance(answer, list):
        return [filled(each, step) for each in answer]
    if isinstance(answer, dict):
        return {key: filled(each, step) for key, each in answer.items()}
    return answer
