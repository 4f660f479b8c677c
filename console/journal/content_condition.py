"""The condition on events that they have words, and on chains that they may have such events, for
any other condition beside it: what the index says of each, and what it has not come to.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    Case,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import IRegex
from django.db.models.sql.compiler import SQLCompiler

from console.journal import any_of, content_search, content_words, visibility
from console.journal.content_search import Sought, Ways
from console.journal.content_tail import ContentTail
from console.journal.content_words import VALUE, WORD
from console.journal.models import ChainName, IndexedEvent
from console.journal.visibility import Clearance

WRITTEN = (
    "CASE WHEN octet_length(%(expressions)s) = length(%(expressions)s)"
    " THEN %(expressions)s ELSE normalize(%(expressions)s, NFC) END"
)


def having(ways: Ways, clearance: Clearance, tail: ContentTail, following: str = "") -> Q:
    """The condition on `journal_event`: it fits one of the ways as far as this reader may read it,
    and holds what the regular expression `following` says, where there is one.
    """
    keys = content_search.sought(ways, clearance)
    if not keys:
        return Q(pk__in=[])
    found = Q(indexed(keys)) | Q(pk__in=tail.having(keys))
    if not following:
        return found
    return Q(Case(When(found, then=holds(following)), default=Value(value=False)))


def indexed(keys: Sought) -> Coalesce:
    """Whether the index says so of an event. A value of its own rather than a test of existence: it
    is looked up event by event, never by reading the index from end to end.
    """
    one = IndexedEvent.objects.filter(event=OuterRef("pk")).annotate(said=Fits(keys))
    said = Subquery(one.values("said"))
    return Coalesce(said, Value(value=False), output_field=BooleanField())


class Fits(Func):
    """Whether an event has every key of one of the ways. A text of its own: built of one expression
    for each key it would be copied in all its parts for each part of each statement.
    """

    output_field = BooleanField()

    def __init__(self, ways: Sought) -> None:
        super().__init__(F("keys"), F("event"))
        self.ways = ways

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_said: Any, **_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        (keys, _), (event, _) = map(compiler.compile, self.source_expressions)
        bucket = content_words.COMMON.replace("number", f"({event} >> {content_words.SPAN})")
        fits = (", ".join(f"{bucket} | {key}" for key in way) for way in self.ways)
        return f"({' OR '.join(f'{keys} @> ARRAY[{each}]' for each in fits)})", ()


def perhaps(ways: Ways, clearance: Clearance, tail: ContentTail) -> Q:
    """The condition on chains that are still being written that one may have an event which fits
    one of the ways, by its names: of those it has one of each place. Words say nothing, nor do the
    names while there are events that nobody has read.
    """
    found, readable = Q(), visibility.open_to(clearance)
    for place in zip(*ways, strict=False):
        names = sorted({*place})
        if not any(field in (WORD, VALUE) for field, _ in names):
            keys = (content_words.digest(who, *name) for who in readable for name in names)
            having = ChainName.objects.filter(any_of.ids(keys, "key")).order_by().values("chain")
            found &= Q(pk__in=having)
    # as one of two, never alone: PostgreSQL would join, and look into chains before their names
    found |= any_of.keys(sorted(tail.chains())) if found else Q()
    return Q() if tail.more else found


def holds(following: str) -> IRegex:
    """Whether the content holds words one after the other, in the form NFC, which a text of one
    byte a character has already: to make sure takes ten times as long as to look.
    """
    written = Func(F("data"), template=WRITTEN, output_field=TextField())
    return IRegex(written, following)
