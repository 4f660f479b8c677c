"""Saved views of the fleet: who may see, change, share and pin which. A view is a query under a
name; what it finds is asked anew by whoever opens it, with their own rights.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from console.journal import acting, append
from console.journal.kept_reads import KeptRead
from console.json_value import Json
from console.refused import Refused
from runs.language import grammar, query_terms
from runs.language.mistakes import Mistake
from runs.models import PinnedView, SavedView
from runs.search.fleet_address import VIEWS

SHARES = "runs.share_view"
MOST = 50
"""Views that one person may have."""
MOST_PINNED = 8
MOST_LISTED = 200
NOBODY = -1
"""Stands in a statement that is put together once for whoever looks."""
FACTS = ("name", "query")
ViewFacts = Mapping[str, str]
TAKEN = "There is a view of this name already."
NOT_SHARING = "Sharing a view takes somebody who may: ask an operator or an admin."


def open_to(user: User) -> QuerySet[SavedView]:
    """Views that this person sees: their own, and those that are shared."""
    return SavedView.objects.filter(Q(owner=user) | Q(shared=True)).select_related("owner")


def may_change(view: SavedView, user: User) -> bool:
    """What is shared is looked after by everybody who may share, wherever its owner is now; an
    owner who may share no more can still keep it to themself, or delete it.
    """
    return view.owner_id == user.pk or (view.shared and user.has_perm(SHARES))


def pinned(user: User) -> list[PinnedView]:
    """The views among this person's tabs, in order. One query."""
    return _pinned(user.pk)


_pinned = KeptRead(
    lambda: PinnedView.objects.filter(
        Q(view__owner=NOBODY) | Q(view__shared=True), user=NOBODY
    ).select_related("view")[:MOST_PINNED],
    NOBODY,
)


def first_of(pins: Sequence[PinnedView]) -> str:
    """The query that the fleet opens with; empty for all runs."""
    return next((pin.view.query for pin in pins if pin.first), "")


def save(*, user: User, name: str, query: str, shared: bool, at: datetime) -> SavedView:
    """A new view, pinned where there is room. Raises Refused."""
    if SavedView.objects.filter(owner=user).count() >= MOST:
        raise Refused(f"You have {MOST} views already; delete one first.")
    view = SavedView(owner=user, made_at=at)
    change(view=view, user=user, name=name, query=query, shared=shared, at=at)
    if PinnedView.objects.filter(user=user).count() < MOST_PINNED:
        pin(view=view, user=user)
    return view


def change(
    *, view: SavedView, user: User, name: str, query: str, shared: bool, at: datetime
) -> None:
    """Give a view another name or query, share it, or keep it to its owner. Raises Refused."""
    was = told(view)
    if shared and not user.has_perm(SHARES):
        raise Refused(NOT_SHARING)
    view.name, view.query, view.shared = named(name), read(query), shared
    try:
        with transaction.atomic():
            view.save()
            if not shared:
                view.pins.exclude(user=view.owner_id).delete()
            noted(was, told(view), user, at)
    except IntegrityError as taken:
        raise Refused(TAKEN) from taken


def delete(*, view: SavedView, user: User, at: datetime) -> None:
    was = told(view)
    with transaction.atomic():
        view.delete()
        noted(was, {}, user, at)


def noted(was: ViewFacts, now: ViewFacts, user: User, at: datetime) -> None:
    """What everybody sees is on record; what somebody keeps to themself is not."""
    if was == now:
        return
    verb = "changed" if was and now else "added" if now else "deleted"
    names = [name for name in FACTS if was.get(name) != now.get(name)]
    change: dict[str, Json] = {name: [was.get(name), now.get(name)] for name in names}
    data: dict[str, Json] = {"savedview": (now or was)["name"], "change": change}
    append.note(kind=f"savedview.{verb}", actor=acting.of(user), at=at, data=data)


def told(view: SavedView) -> ViewFacts:
    """What everybody sees of a view; nothing of one that is its owner's alone."""
    return {name: getattr(view, name) for name in FACTS} if view.shared else {}


def named(name: str) -> str:
    """The name as it is kept. Raises Refused for one that cannot be read, or means something else
    already.
    """
    said = " ".join(name.split())
    if not said:
        raise Refused("A view needs a name.")
    if len(said) > (most := SavedView._meta.get_field("name").max_length or 0):
        raise Refused(f"A name has {most} characters at most.")
    if not said.isprintable():
        raise Refused("A name has letters, digits, signs and spaces.")
    if said.lower() in map(str.lower, VIEWS):
        raise Refused(TAKEN)
    return said


def read(query: str) -> str:
    """The query as it is kept. Raises Refused with the place of its mistake."""
    try:
        found = grammar.parse(query)
    except Mistake as mistake:
        raise Refused(str(mistake)) from mistake
    if not found.terms:
        raise Refused("A view needs a query, such as status:failed age<1h.")
    return query_terms.text_of(found)


def pin(*, view: SavedView, user: User, first: bool = False) -> None:
    """Put a view among the person's tabs; `first`: the fleet opens with it. Raises Refused."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        others = PinnedView.objects.filter(user=user).exclude(view=view)
        if others.count() >= MOST_PINNED:
            raise Refused(f"{MOST_PINNED} views are pinned already; unpin one first.")
        if first:
            others.update(first=False)
        PinnedView.objects.update_or_create(user=user, view=view, defaults={"first": first})


def unpin(*, view: SavedView, user: User) -> None:
    PinnedView.objects.filter(user=user, view=view).delete()
