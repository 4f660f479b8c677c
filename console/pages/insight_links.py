"""The events behind a figure of Insights: the query of the audit for the same range and agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from runs.engine.vocabulary import StopReason
from runs.insights.insight_figures import LOOPS
from runs.insights.insight_tables import AgentRow, AskRow, CallRow, ReasonRow, TurnRow
from runs.insights.ranges import InsightRange
from runs.language import query_terms
from runs.language.query_terms import Query, Term

ENDS = ("run.completed", "run.stopped")
TRIED = ("call.returned", "call.lost", "call.refused")
MINUTE = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class EventsBehind:
    """Addresses of the audit; all empty for a reader who may not search it."""

    span: InsightRange
    agent: str
    may: bool

    def kinds(self, *kinds: str, **more: Sequence[str]) -> str:
        """The events of these kinds in the range, of these values of further fields."""
        if not self.may:
            return ""
        at = f"{self.span.first:{MINUTE}}..{self.span.last:{MINUTE}}"
        own = {"agent": [self.agent]} if self.agent and "agent" not in more else {}
        terms = [Term("kind", kinds), *(Term(name, tuple(of)) for name, of in (own | more).items())]
        text = query_terms.text_of(Query((*terms, Term("at", (at,)))))
        return f"{reverse('audit')}?{urlencode({'q': text})}"

    def tiles(self) -> list[str]:
        """One for each tile, in their order; empty for a figure that is no count of events."""
        loops = [each.lower() for each in LOOPS]
        return [
            self.kinds(*ENDS),
            self.kinds("run.completed"),
            "",
            "",
            self.kinds("call.asked"),
            self.kinds("call.decided"),
            self.kinds("run.paused", "run.stopped", reason=loops),
            "",
        ]

    def calls(self, row: CallRow, group: str) -> str:
        return self.kinds(*TRIED, **{group: [row.name]})

    def agents(self, row: AgentRow) -> str:
        return self.kinds(*ENDS, agent=[row.name])

    def stops(self, row: ReasonRow) -> str:
        return self.kinds("run.stopped", reason=[StopReason(row.reason).value.lower()])

    def asks(self, row: AskRow) -> str:
        return self.kinds("call.asked", tool=[row.name])

    def turns(self, row: TurnRow) -> str:
        return self.kinds("step.planned", model=[row.name])
