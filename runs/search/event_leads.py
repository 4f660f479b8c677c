"""What in a query leads to events by the index of words, so that they are not looked for one by
one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, product
from math import prod

from console.journal.content_search import WantedId, WantedWords, Ways
from runs.language.query_terms import Query, Term
from runs.search import content_match, event_times, letting_go, people_named, run_terms
from runs.search.asker import Asker

MOST = 24
"""Most ways that are walked at once."""
KIND = re.compile(r"[a-z_]+\.[a-z_.]*", re.ASCII)
BY_ID = {"run": "run", "correlation": "correlation_id"}
LeadWay = tuple[tuple[str, str], ...]


def of(query: Query, asker: Asker) -> WantedWords:
    """What every event of the query has, and between which ids they lie: an id that is asked for
    leads to them sooner than words. Raises Mistake for a time that cannot be.
    """
    terms = [term for term in query.terms if not term.negative]
    after, before = event_times.between(query, asker)
    led = WantedWords((), after, before, tail=asker.tail)
    for term in terms:
        if term.name in BY_ID:
            return replace(led, ids=of_ids(term))
    return replace(led, alternatives=ways(terms, asker), ids=ids(terms))


def of_ids(term: Term) -> tuple[WantedId, ...]:
    """The ids that `run:` or `correlation:` asks for."""
    bounds = (run_terms.id_bounds(value) for value in term.values)
    return tuple(WantedId(BY_ID[term.name], *each) for each in bounds)


def ways(terms: Sequence[Term], asker: Asker) -> Ways:
    """Names and words that an event has for which all of the terms hold: the terms that few ways
    lead to, as far as they are no more than `MOST` together.
    """
    choices = sorted(filter(None, (choice(term, asker) for term in terms)), key=len)
    while prod(map(len, choices)) > MOST:
        choices.pop()
    return tuple(tuple(chain(*each)) for each in product(*choices)) if choices else ()


def ids(terms: Sequence[Term]) -> tuple[WantedId, ...]:
    """What is free text and begins an id as well."""
    found = (run_terms.prefix_bounds(term.value) for term in terms if not term.name)
    return tuple(
        WantedId(column, *bounds) for bounds in found if bounds for column in BY_ID.values()
    )


def choice(term: Term, asker: Asker) -> list[LeadWay]:
    """Ways of which every event has one for which the term holds; none where there are no such."""
    found: list[LeadWay] = []
    for value in term.values:
        each = of_value(term.name, value, asker)
        if not each:
            return []
        found += each
    return list(dict.fromkeys(found))


def of_value(name: str, value: str, asker: Asker) -> list[LeadWay]:
    match name:
        case "":
            return of_text(value, asker)
        case "actor":
            return [(each,) for each in people_named.known_by(value, asker)]
        case "approver":
            acting = people_named.known_by(value, asker)
            return [(each,) for each in dict.fromkeys(letting_go.approver(*one) for one in acting)]
        case "act":
            return [(("act", name),) for name in letting_go.acts(value)]
        case "agent":
            return [(("agent", each),) for each in people_named.agent_names(value)]
        case "tool" | "kind" | "verdict" | "model":
            return of_name(name, value)
    return []


def of_text(value: str, asker: Asker) -> list[LeadWay]:
    """Free text: its words, a kind, or somebody of that name where there is one."""
    words = content_match.ways(value)
    if not words:
        return []
    kind: list[LeadWay] = [(("kind", value),)] if KIND.fullmatch(value) else []
    acting = people_named.known_by(value, asker) if people_named.is_person(value) else []
    return [*words, *kind, *((each,) for each in acting)]


def of_name(name: str, value: str) -> list[LeadWay]:
    """A name, or its family, `run.*`."""
    if not value.endswith("*"):
        return [((name, value),)]
    family = value[:-1]
    return [((name, family),)] if name != "model" and family.endswith((".", ":")) else []
