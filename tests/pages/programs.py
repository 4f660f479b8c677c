"""Programs for tests of the API: a client that sends a token and JSON, and no cookie."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console.journal import acting
from console.people import api_tokens

ALL = tuple(api_tokens.SCOPES)


def token(user: User, *scopes: str, name: str = "nightly", days: int = 90) -> str:
    return api_tokens.make(
        user=user,
        name=name,
        scopes=scopes or ALL,
        lasts=timedelta(days=days),
        at=timezone.now(),
        actor=acting.of(user),
    )


class Program:
    """Asks with a token; `client` has no session."""

    def __init__(self, secret: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, key: str = "", **more: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body or {})
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {}), **more}
        return self.client.post(f"/api/v1/{path}", raw, "application/json", headers=headers)


def program(user: User, *scopes: str, **facts: Any) -> Program:
    return Program(token(user, *scopes, **facts))


def code(response: Any) -> str:
    """The word of an error, which is told in the one form."""
    assert response["Content-Type"] == "application/json"
    error = response.json()["error"]
    assert set(error) == {"code", "message"}
    return str(error["code"])
