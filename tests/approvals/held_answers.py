"""Answers that are held back, as tests give them and look at them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from approvals.models import Request
from approvals.services import holding
from runs.engine.vocabulary import AnswerAct
from tests.markup import Element, read

HOLD = timedelta(seconds=5)


def now() -> datetime:
    return datetime.now(UTC)


def client_of(who: User) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def hold(request: Request, by: User, act: AnswerAct = AnswerAct.APPROVE, **facts: Any) -> Request:
    given = {"digest": request.digest, "version": request.version, "at": now(), **facts}
    return holding.hold(request_id=request.pk, actor=by, act=act, **given)


def post(who: User, request: Request, act: str = "approve", **more: str) -> Any:
    sent = {"act": act, "digest": request.digest, "version": str(request.version), **more}
    return client_of(who).post(f"/approvals/{request.pk}/", sent, follow=True)


def after(request: Request) -> datetime:
    """When the answer that is held back takes effect."""
    request.refresh_from_db()
    assert request.held_until is not None
    return request.held_until


def page(who: User, address: str) -> Element:
    return read(client_of(who).get(address).content)
