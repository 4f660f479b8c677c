"""Who may what: for every address, method and kind of request, the answer that each kind of person
gets.

Made from the doors and what they declare, and from the table of rights; `manage.py matrix --write`
puts it into `matrix.txt`, and the walk holds the running console to that file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from console.doors import admin_forms, inventory
from console.doors.admin_forms import AdminDoor
from console.doors.answers import MEANINGS, DoorAnswer
from console.doors.inventory import Door
from console.doors.role_table import ROLES, STARTER, Role
from console.live import session_reader
from console.permits import Permit

FILE = Path(__file__).with_name("matrix.txt")
TOOL_ACTS = ("accept", "describe", "leave-out", "offer")
SOCKET = "SOCKET"
OTHERS = ("GET", "POST", "PUT", "DELETE")


class Column(StrEnum):
    """What kind of request it is, besides address and method."""

    GOOD = "as meant"
    FOREIGN = "foreign id"
    MALFORMED = "malformed"
    STALE = "stale digest"
    UNSCOPED = "other scope"
    COOKIE = "no token"


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One kind of request, and the answer to each of `ROLES`."""

    method: str
    column: Column
    address: str
    answers: tuple[DoorAnswer, ...]

    def __str__(self) -> str:
        told = "  ".join(self.answers)
        return f"{self.method:<7} {self.column:<13} {told}   /{self.address}"


Expects = Callable[[Role], DoorAnswer]


def decides(role: Role) -> DoorAnswer:
    """Approvers of the group that is asked, but not whoever started the run; the others are told
    on the card why not.
    """
    member = role.owner or "approver" in role.groups
    may = role.holds("approvals.decide_request") and member and role.name != STARTER
    return DoorAnswer.DONE if may else DoorAnswer.REFUSED


def decides_many(role: Role) -> DoorAnswer:
    """What is refused of many is told on the page that they lead back to."""
    return DoorAnswer.DONE if decides(role) is DoorAnswer.DONE else DoorAnswer.OPEN


def nothing_held(_role: Role) -> DoorAnswer:
    """Nobody has just answered anything in the house that is walked."""
    return DoorAnswer.REFUSED


def asks_again(role: Role) -> DoorAnswer:
    """Whoever may look at sealed events is offered to look, whatever the number."""
    return DoorAnswer.OPEN if role.holds("journal.view_always_hidden") else DoorAnswer.NOT_FOUND


def spent(role: Role) -> DoorAnswer:
    """Whoever is in just goes on; the others read that the link is spent."""
    return DoorAnswer.OPEN if role.inside else DoorAnswer.REFUSED


def nothing_restored(_role: Role) -> DoorAnswer:
    """No backup was restored in the house that is walked, so there is nothing to accept."""
    return DoorAnswer.REFUSED


def has_a_say(role: Role) -> DoorAnswer:
    """Nobody is asked about these runs, so whoever operates runs has a say in them."""
    return DoorAnswer.DONE if role.holds("runs.operate_run") else DoorAnswer.CLOSED


def raises_limits(role: Role) -> DoorAnswer:
    """The run that is walked to has what its agent has: whoever edits budgets gives it more."""
    if role.holds("policies.change_budget"):
        return DoorAnswer.DONE
    return DoorAnswer.REFUSED if role.holds("runs.operate_run") else DoorAnswer.CLOSED


def shares(role: Role) -> DoorAnswer:
    """The view that is walked to is shared: whoever may share changes it."""
    return DoorAnswer.DONE if role.holds("runs.share_view") else DoorAnswer.CLOSED


def shows_to_sharers(role: Role) -> DoorAnswer:
    return DoorAnswer.OPEN if role.holds("runs.share_view") else DoorAnswer.CLOSED


def takes_back(role: Role) -> DoorAnswer:
    return DoorAnswer.DONE if role.holds("approvals.decide_request") else DoorAnswer.REFUSED


def lets_go(role: Role) -> DoorAnswer:
    """The proposed change that is walked to lets go of a lever."""
    return DoorAnswer.DONE if role.holds("policies.pull_lever") else DoorAnswer.REFUSED


def looks(role: Role) -> DoorAnswer:
    return DoorAnswer.DONE if role.holds("journal.view_always_hidden") else DoorAnswer.NOT_FOUND


def sees_tools(role: Role) -> DoorAnswer:
    return DoorAnswer.OPEN if role.holds("journal.view_user_hidden") else DoorAnswer.NOT_FOUND


def lets_in(role: Role) -> DoorAnswer:
    """Whoever is in already goes on to where they were going."""
    return DoorAnswer.OPEN if role.inside else DoorAnswer.DONE


def lets_in_somebody_else(role: Role) -> DoorAnswer:
    """A link takes no session's place: whoever is in is told that it is somebody else's."""
    return DoorAnswer.REFUSED if role.inside else DoorAnswer.DONE


def leaves(role: Role) -> DoorAnswer:
    """Whoever is not in has nothing to leave."""
    return DoorAnswer.DONE if role.inside else DoorAnswer.OPEN


def nothing_to_confirm(_role: Role) -> DoorAnswer:
    """Nobody here has a password or a second factor to show."""
    return DoorAnswer.CLOSED


def not_set_up(_role: Role) -> DoorAnswer:
    """Nobody here has a second factor, and the house has no identity provider."""
    return DoorAnswer.NOT_FOUND


def nobodys_browser(_role: Role) -> DoorAnswer:
    """Nobody here has switched a browser on."""
    return DoorAnswer.NOT_FOUND


def says_nothing(_role: Role) -> DoorAnswer:
    """What is sent without a browser's own words, or a password, sets nothing and says so."""
    return DoorAnswer.REFUSED


def told_what_is_wrong(_role: Role) -> DoorAnswer:
    """What is sent without the answer of an authenticator changes nothing."""
    return DoorAnswer.OPEN


def kept_by_the_browser(_role: Role) -> DoorAnswer:
    """A cookie holds it, and nothing changes here."""
    return DoorAnswer.OPEN


def offers_to_let_in(role: Role) -> DoorAnswer:
    return DoorAnswer.REFUSED if role.inside else DoorAnswer.OPEN


CONFIRMING = ("signin/confirm/", "signin/confirm/code/", "signin/confirm/passkey/")
FACTORS = ("account/app/", "account/passkeys/add/", "account/codes/new/")
BROWSERS = ("account/push/<int:browser>/off/", "account/push/<int:browser>/try/")
NOT_SET_UP = (
    "signin/oidc/",
    "signin/oidc/back/",
    "account/app/remove/",
    "account/passkeys/<int:pk>/remove/",
    "account/codes/",
)
ACTS: Mapping[str, Expects] = {
    "signin/": lets_in,
    "signin/<str:token>/": lets_in_somebody_else,
    "signout/": leaves,
    **dict.fromkeys(("signin/second/", "signin/passkey/"), told_what_is_wrong),
    **dict.fromkeys(CONFIRMING, nothing_to_confirm),
    **dict.fromkeys(NOT_SET_UP, not_set_up),
    **dict.fromkeys(FACTORS, told_what_is_wrong),
    **dict.fromkeys(("account/push/on/", "account/password/"), says_nothing),
    **dict.fromkeys(BROWSERS, nobodys_browser),
    "approvals/<int:request_id>/": decides,
    "approvals/<int:request_id>/decide/": decides,
    "approvals/bulk/": decides_many,
    "approvals/withdraw/": nothing_held,
    "approvals/standing/<uuid:run_id>/<slug:grant>/revoke/": takes_back,
    "audit/<int:number>/look/": looks,
    "fleet/columns/": kept_by_the_browser,
    "policies/changes/<int:change_id>/decide/": lets_go,
    "restored/accept/": nothing_restored,
    "runs/<uuid:run_id>/resume/": has_a_say,
    "runs/<uuid:run_id>/settle/": has_a_say,
    "runs/<uuid:run_id>/extend/": raises_limits,
    "runs/<uuid:run_id>/acknowledge/": has_a_say,
    "views/<int:view>/": shares,
    "views/<int:view>/delete/": shares,
}
"""Acts that ask for more than their page, once that was theirs to read."""
SHOWS: Mapping[str, Expects] = {
    **dict.fromkeys(CONFIRMING, nothing_to_confirm),
    **dict.fromkeys(NOT_SET_UP, not_set_up),
    "signin/<str:token>/": offers_to_let_in,
    "views/<int:view>/": shows_to_sharers,
    "runs/<uuid:run_id>/events/<int:seq>/pictures/<int:place>/": sees_tools,
}
"""Pages that are there for some of those who may ask for them."""
MISSING: Mapping[str, Expects] = {
    "audit/<int:number>/": asks_again,
    "signin/<str:token>/": spent,
    **{f"tools/<int:tool>/{act}/": (lambda _role: DoorAnswer.REFUSED) for act in TOOL_ACTS},
}
"""What is said where there is nothing, if not that there is nothing."""
ON_RECORD = frozenset({"admin/runs/agent/<row>/change/"})
"""Forms of which each look is an event, since they show what is always hidden."""
UNWALKED = frozenset({"healthz"})
"""Says whether the house is well, to everybody and whatever the method; nothing else."""
STALE = frozenset(
    {
        "approvals/<int:request_id>/",
        "approvals/<int:request_id>/decide/",
        "tools/<int:tool>/accept/",
    }
)
"""Acts on what somebody saw: refused when it has changed since."""


def written() -> str:
    """The whole matrix as text."""
    legend = "".join(f"#   {answer}  {meaning}\n" for answer, meaning in MEANINGS.items())
    people = "".join(f"#   {role.short}  {role.name}\n" for role in ROLES)
    heads = " ".join(role.short for role in ROLES)
    top = f"# Answers\n{legend}# People\n{people}#\n# method  request      {heads}   address\n"
    return top + "".join(f"{line}\n" for line in lines())


def read(text: str) -> Iterator[MatrixLine]:
    """The lines of a written matrix."""
    for row in text.splitlines():
        if row and not row.startswith("#"):
            told, _, address = row.partition("   /")
            method, column = told[:7].strip(), Column(told[8:21].strip())
            yield MatrixLine(
                method, column, address, tuple(DoorAnswer(each) for each in told[22:].split())
            )


def lines() -> Iterator[MatrixLine]:
    for door in inventory.pages():
        if door.address not in UNWALKED:
            yield from (of_program(door) if door.permit and door.permit.scope else of_page(door))
    for place in admin_forms.doors():
        yield from of_form(place)
    yield from sockets()


def line(method: str, column: Column, address: str, expects: Expects) -> MatrixLine:
    return MatrixLine(method, column, address, tuple(expects(role) for role in ROLES))


def not_taken(permit: Permit) -> Expects:
    """A method that the address does not take."""
    return lambda role: (
        DoorAnswer.NOT_TAKEN if permit.everybody or role.inside else DoorAnswer.SIGN_IN
    )


def heard(then: Expects) -> Expects:
    """`HEARD` by whoever the act is open to; what the others get, whatever they send."""

    def expects(role: Role) -> DoorAnswer:
        answer = then(role)
        return answer if answer in (DoorAnswer.CLOSED, DoorAnswer.NOT_FOUND) else DoorAnswer.HEARD

    return expects


def entering(permit: Permit, then: Expects) -> Expects:
    """`then` for whoever the permit lets in."""

    def expects(role: Role) -> DoorAnswer:
        if permit.everybody:
            return then(role)
        if not role.inside:
            return DoorAnswer.SIGN_IN
        return then(role) if role.holds_all(permit.permissions) else DoorAnswer.CLOSED

    return expects


def always(answer: DoorAnswer) -> Expects:
    return lambda _role: answer


def of_page(door: Door) -> Iterator[MatrixLine]:
    permit = door.permit or Permit(("nobody.may",))
    address = door.address

    def asked(method: str, column: Column, then: Expects) -> MatrixLine:
        return line(method, column, address, entering(permit, then))

    missing = MISSING.get(address, always(DoorAnswer.NOT_FOUND))
    if "GET" in door.methods:
        yield asked("GET", Column.GOOD, SHOWS.get(address, always(DoorAnswer.OPEN)))
        if "<" in address:
            yield asked("GET", Column.FOREIGN, missing)
    if "POST" in door.methods:
        act = ACTS.get(address, always(DoorAnswer.DONE))
        yield asked("POST", Column.GOOD, act)
        yield asked("POST", Column.MALFORMED, heard(act))
        if "<" in address:
            yield asked("POST", Column.FOREIGN, missing)
        if address in STALE:
            yield asked("POST", Column.STALE, always(DoorAnswer.REFUSED))
    for method in OTHERS:
        if method not in door.methods:
            yield line(method, Column.GOOD, address, not_taken(permit))


def of_program(door: Door) -> Iterator[MatrixLine]:
    permit = door.permit or Permit(("nobody.may",))
    acts = "POST" in door.methods
    method = "POST" if acts else "GET"

    def asked(method: str, column: Column, then: Expects) -> MatrixLine:
        return line(method, column, door.address, entering(permit, then))

    yield asked(method, Column.GOOD, always(DoorAnswer.DONE if acts else DoorAnswer.OPEN))
    yield asked(method, Column.UNSCOPED, always(DoorAnswer.CLOSED))
    yield line(method, Column.COOKIE, door.address, always(DoorAnswer.SIGN_IN))
    if "<" in door.address:
        yield asked(method, Column.FOREIGN, always(DoorAnswer.NOT_FOUND))
    if acts:
        yield asked(method, Column.MALFORMED, always(DoorAnswer.HEARD))
    for other in OTHERS:
        if other not in door.methods:
            yield line(other, Column.GOOD, door.address, not_taken(permit))


def of_form(place: AdminDoor) -> Iterator[MatrixLine]:
    def may(then: DoorAnswer) -> Expects:
        def expects(role: Role) -> DoorAnswer:
            if not (role.inside and role.staff):
                return DoorAnswer.SIGN_IN
            held = not place.permissions or any(map(role.holds, place.permissions))
            return then if held and not place.nobody else DoorAnswer.CLOSED

        return expects

    changes = DoorAnswer.DONE if place.address.endswith("/change/") else DoorAnswer.HEARD
    looks = DoorAnswer.DONE if place.address in ON_RECORD else DoorAnswer.OPEN
    yield line(place.method, Column.GOOD, place.address, may(changes if place.acts else looks))


def sockets() -> Iterator[MatrixLine]:
    """Opening the live socket and watching; a run that is not there is watched in vain."""

    def expects(role: Role) -> DoorAnswer:
        if not role.inside:
            return DoorAnswer.SIGN_IN
        return DoorAnswer.OPEN if role.holds(session_reader.VIEW_RUN) else DoorAnswer.CLOSED

    def refused(role: Role) -> DoorAnswer:
        answer = expects(role)
        return DoorAnswer.REFUSED if answer is DoorAnswer.OPEN else answer

    for each in inventory.socket_addresses():
        yield line(SOCKET, Column.GOOD, each, expects)
        yield line(SOCKET, Column.FOREIGN, each, expects)
        yield line(SOCKET, Column.MALFORMED, each, refused)
