"""The people whom a budget of users names: one person by their id, whatever they are called; many
by a pattern of names.

A row says `anna#17 bot-*`: the id decides, the name beside it is what they were called when it was
written.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from policies.patterns import guess

MARK = "#"
WILD = frozenset("*?[")


def is_pattern(word: str) -> bool:
    return bool(WILD & set(word))


def id_of(word: str) -> str:
    """The id in a word of a row; empty when there is none."""
    number = word.rpartition(MARK)[2]
    return number if MARK in word and number.isdecimal() else ""


def stored(who: str) -> str:
    """The words as a row keeps them, names replaced by people. Raises ValidationError for a name
    that nobody has.
    """
    words = who.split()
    names = [word for word in words if not is_pattern(word) and not id_of(word)]
    known = (
        dict(User.objects.filter(username__in=names).values_list("username", "pk")) if names else {}
    )
    if unknown := [name for name in names if name not in known]:
        everybody = list(User.objects.values_list("username", flat=True))
        said = [f"There is nobody called {name}{guess(name, everybody)}" for name in unknown]
        raise ValidationError(said)
    return " ".join(f"{word}{MARK}{known[word]}" if word in known else word for word in words)


def shown(who: str) -> str:
    """The words as people read and write them: present names, and patterns. A person who is gone
    stays as the row has them.
    """
    words = who.split()
    names = called(ids_in(words))
    return " ".join(names.get(id_of(word), word) for word in words)


def ruled(who: str) -> str:
    """The words as the rules read them: ids and patterns. A name without an id is nobody's."""
    return " ".join(
        found for word in who.split() if (found := word if is_pattern(word) else id_of(word))
    )


def ids_in(words: Iterable[str]) -> list[str]:
    return [found for word in words if (found := id_of(word))]


def called(ids: Sequence[str]) -> Mapping[str, str]:
    """What people are called now, by id; those who are gone are left out. No query for nobody."""
    numbers = [int(each) for each in ids if each.isdecimal()]
    known = User.objects.filter(pk__in=numbers).values_list("pk", "username") if numbers else ()
    return {str(pk): name for pk, name in known}
