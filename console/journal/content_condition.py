"""The condition on events that they have words, for any other condition beside it: what the index
says of each, and those of them that it has not come to.
"""

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    ExpressionWrapper,
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

from console.journal import content_search, content_words
from console.journal.content_search import Sought, Ways
from console.journal.content_tail import ContentTail
from console.journal.models import IndexedEvent
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
    number, beside = F("event").bitrightshift(content_words.SPAN), content_words.BESIDE
    many = number.bitrightshift(beside).bitleftshift(content_words.BITS + beside)
    place = many + number.bitand(2**beside - 1)
    fits = Q()
    for way in keys:
        array = Func(*(place.bitor(key) for key in way), template="ARRAY[%(expressions)s]",
                     output_field=ArrayField(BigIntegerField()))  # fmt: skip
        fits |= Q(keys__contains=array)
    said = ExpressionWrapper(fits, output_field=BooleanField())
    one = IndexedEvent.objects.filter(event=OuterRef("pk")).annotate(said=said).values("said")
    return Coalesce(Subquery(one), Value(value=False), output_field=BooleanField())


def holds(following: str) -> IRegex:
    """Whether the content holds words one after the other, in the form NFC, which a text of one
    byte a character has already: to make sure takes ten times as long as to look.
    """
    written = Func(F("data"), template=WRITTEN, output_field=TextField())
    return IRegex(written, following)
