"""What the address of the queue asks for. What cannot be read is left out, and is never
an error.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from approvals.selectors import requests_asked
from runs.language import grammar

RISK_TITLES = {"in-doubt": "in doubt", "acceptance": "not accepted", "undo": "undo it?"}
OTHERS = "others"
"""The open requests that ask none of the reader's groups."""
VIEWS: dict[str, tuple[str, Q]] = {
    "": ("Needs action", Q(status=RequestStatus.OPEN)),
    OTHERS: ("With others", Q(status=RequestStatus.OPEN)),
    "decided": ("Decided", Q(status=RequestStatus.DECIDED)),
    "expired": ("Expired or closed", Q(status__in=[RequestStatus.EXPIRED, RequestStatus.CLOSED])),
}
RISKS: dict[str, tuple[str, Q]] = {
    word.replace("-", "_"): (RISK_TITLES.get(word, word), asked)
    for word, asked in requests_asked.RISKS.items()
}
AGES: dict[str, tuple[str, timedelta]] = {
    "5m": ("over 5 minutes", timedelta(minutes=5)),
    "1h": ("over an hour", timedelta(hours=1)),
    "1d": ("over a day", timedelta(days=1)),
}
LONGEST = 200
ANY = Q()


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """`q` is a query in the words of the fleet's box, as it was typed; where it says which status,
    that is the view. `after` is the cursor of the page before.
    """

    view: str = ""
    agent: str = ""
    tool: str = ""
    risk: str = ""
    age: str = ""
    group: str = ""
    after: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        given = {
            each.name: query.get(each.name, "").replace("\0", "")[:LONGEST] for each in fields(cls)
        }
        given["q"] = query.get("q", "").strip()[: grammar.LONGEST + 1]
        given["view"] = requests_asked.view(given["q"]) or given["view"]
        known: dict[str, Collection[str]] = {"view": VIEWS, "risk": RISKS, "age": AGES}
        return cls(
            **{
                name: value if value in known.get(name, {value}) else ""
                for name, value in given.items()
            }
        )

    def query(self, **changes: Any) -> str:
        """The query string of these filters with some of them changed."""
        wanted = replace(self, **changes)
        pairs = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def picked(self) -> bool:
        """Whether something was chosen from the lists."""
        return bool(self.agent or self.tool or self.risk or self.age or self.group)

    @property
    def narrowed(self) -> bool:
        return self.picked or bool(self.q)


def matching(wanted: QueueFilters, now: datetime, also: Q = ANY) -> QuerySet[Request]:
    """The requests of these filters; `also` is what `q` asks of them."""
    found = Request.objects.filter(VIEWS[wanted.view][1], also, drill=False)
    if wanted.agent:
        found = found.filter(agent=wanted.agent)
    if wanted.tool:
        found = found.filter(tool=wanted.tool)
    if wanted.group:
        found = found.filter(group=wanted.group)
    if wanted.risk:
        found = found.filter(RISKS[wanted.risk][1])
    return found.filter(asked_at__lt=now - AGES[wanted.age][1]) if wanted.age else found
