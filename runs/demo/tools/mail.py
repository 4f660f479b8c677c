"""Letters to customers. They stay in the outbox table; the demo has no way to the outside."""

from typing import Any

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import Letter
from runs.demo.tools.shapes import Email, LongText, ShortText
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool


@tool(effect=Effect.IRREVERSIBLE, timeout=20, scope="mail:send")
@takes(0.6)
def send_email(
    to: Email, subject: ShortText, body: LongText, context: ToolContext
) -> dict[str, Any]:
    """Write to a customer in the shop's name. What is sent is sent."""
    return sent(idempotency.once(Letter, context, to=to, subject=subject, body=body))


def sent(letter: Letter) -> dict[str, Any]:
    return {"message": letter.pk, "to": letter.to, "status": "queued"}


@send_email.lookup
def find_letter(context: ToolContext) -> Json:
    letter = idempotency.found(Letter, context)
    return None if letter is None else sent(letter)
