"""Locking a request: its run first, as every append does, then itself; with the run's state and its
events.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User

from approvals import cards
from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules import binding
from approvals.rules.card import Card, CountedVote
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from policies.authority import Person
from runs import run_rows
from runs.engine.events import RunEvent
from runs.engine.state import RunState
from runs.models import Run


@dataclass(frozen=True, slots=True)
class Taken:
    """A request and its run, as one transaction sees them."""

    run: Run
    request: Request
    card: Card
    votes: list[CountedVote]


def locked(request_id: int) -> Taken:
    """The request and its run, locked. Inside a transaction; raises Request.DoesNotExist."""
    run_id = Request.objects.values_list("run_id", flat=True).get(pk=request_id)
    run = run_rows.locked(run_id)
    return of(run, Request.objects.select_for_update().get(pk=request_id))


def of(run: Run, request: Request) -> Taken:
    """Both rows as they are now."""
    return Taken(run, request, cards.card_of(request, run), cards.votes_of(request))


def seen(request_id: int) -> Taken:
    """The request and its run without a lock, for checks that take a while. Raises
    Request.DoesNotExist.
    """
    request = Request.objects.select_related("run__agent", "run__principal").get(pk=request_id)
    return of(request.run, request)


def history(run: Run) -> tuple[list[RunEvent], RunState]:
    state, events = run_rows.history(run)
    return events, state


def bound(taken: Taken, state: RunState) -> None:
    """Check that the request is still what the run asks: the same tool, arguments, run and call,
    and no answer yet. Raises NotDecided.
    """
    request = taken.request
    if request.kind != RequestKind.CALL or request.status != RequestStatus.OPEN:
        return
    ask = state.ask_of(request.call)
    known = ask is not None and binding.digest(
        str(taken.run.pk), request.kind, request.call, request.tool, ask.args
    )
    if ask is None or ask.word is not None or known != request.digest:
        raise NotDecided(
            Refusal(
                Reason.STALE,
                "The run asks for something else by now; this request no longer stands for it.",
            )
        )


def person(user: User) -> Person:
    return cards.person_of(user)
