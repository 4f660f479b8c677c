"""Why a program's request is refused: a status, a word for programs and a sentence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
SENTENCES: Mapping[int, str] = {
    400: "This request cannot be read.",
    401: "Send a token: Authorization: Bearer sbx_…",
    403: "The owner of this token may not do that.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    409: "This cannot be done as things are.",
    413: "This request is larger than any that is taken here.",
    429: "This token has asked too often.",
    500: "Something went wrong here; it is in the console's log.",
    503: "The database takes no changes at this moment; ask again in a few seconds.",
}


@dataclass
class ApiError(Exception):
    """A refusal with its HTTP status. `code` and `message` are those of the status when empty."""

    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message or self.code

    @property
    def body(self) -> dict[str, Any]:
        return body(self.status, self.code, self.message)


def body(status: int, code: str = "", message: str = "") -> dict[str, Any]:
    """The one form of every error: `{"error": {"code", "message"}}`."""
    return {
        "error": {
            "code": code or CODES.get(status, HTTPStatus(status).name.lower()),
            "message": message or SENTENCES.get(status, HTTPStatus(status).phrase),
        }
    }
