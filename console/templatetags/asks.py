"""What a run asks people, on the run's own page. The runs app knows nothing of approvals, so the
two are brought together here.
"""

from typing import Any
from uuid import UUID

from django import template
from django.contrib.auth.models import User

from approvals.selectors import open_questions
from console.journal import database_clock

register = template.Library()


@register.inclusion_tag("approvals/_waiting.html", takes_context=True)
def asks(context: dict[str, Any], run: str) -> dict[str, Any]:
    """One query for a run that asks nothing."""
    user = context["request"].user
    return (
        {"waiting": open_questions.of_run(UUID(run), user, database_clock.now())}
        if isinstance(user, User)
        else {}
    )
