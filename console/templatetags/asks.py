"""What a run asks people, on the run's own page. The runs app knows nothing of approvals, so the
two are brought together here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.contrib.auth.models import User
from django.utils.safestring import SafeString

from approvals.rules.withdrawal import Withdrawal
from approvals.selectors import open_questions, queue
from console.journal import database_clock

register = template.Library()


@register.filter
def undo_offer(tags: str | None) -> Withdrawal | None:
    """What a message offers to take back."""
    return Withdrawal.read(tags or "")


@register.simple_tag
def left(until: datetime) -> SafeString:
    """The time until an answer takes effect."""
    return queue.left_until(until, database_clock.now())


@register.inclusion_tag("approvals/_waiting.html", takes_context=True)
def asks(context: dict[str, Any], run: str) -> dict[str, Any]:
    """One query for a run that asks nothing."""
    user = context["request"].user
    return (
        {"waiting": open_questions.of_run(UUID(run), user, database_clock.now())}
        if isinstance(user, User)
        else {}
    )
