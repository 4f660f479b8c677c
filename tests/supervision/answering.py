"""A person who answers what a run asks, through the service that the approvals page uses; and what
a run was told meanwhile.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.services import deciding
from runs.engine.events import HintGiven
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from runs.runtime import run_ledger, worker_process
from tests.runtime.conftest import stored

MOST = 40


def asked(run: Run, kind: RequestKind = RequestKind.CALL) -> list[Request]:
    """What the run asks now, in the order it did."""
    return list(
        Request.objects.filter(run=run, kind=kind, status=RequestStatus.OPEN).order_by("id")
    )


def answer(request: Request, by: User, act: AnswerAct = AnswerAct.APPROVE, **facts: Any) -> Request:
    """As the form of the card now on screen would."""
    given: dict[str, Any] = {
        "digest": request.digest,
        "version": request.version,
        "at": datetime.now(UTC),
        **facts,
    }
    return deciding.decide_at_once(request_id=request.pk, actor=by, act=act, **given)


def played(run: Run, by: User, act: AnswerAct = AnswerAct.APPROVE) -> tuple[Run, list[Request]]:
    """The run played until it ends or stands still for something else than a person's word on a
    call; and what was asked on the way.
    """
    answered: list[Request] = []
    for _ in range(MOST):
        worker_process.advance(run.pk)
        if not (open_now := asked(run)):
            break
        answered += [answer(each, by, act) for each in open_now]
    return Run.objects.get(pk=run.pk), answered


def hints(run: Run) -> list[HintGiven]:
    """What supervision told the planner."""
    return [event for event in run_ledger.events(stored(run)) if isinstance(event, HintGiven)]
