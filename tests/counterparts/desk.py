"""The demo's refund desk with a model in place of its script: the company, an order that arrived
broken, and what a model that knows its trade says about it, turn by turn.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth.models import User

from approvals.models import Request
from runs import services
from runs.demo import company, demo_runs
from runs.demo.models import Letter, Order, Refund
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Agent, Run
from tests.patience import until
from tests.supervision import answering

MOST_WAITS = 40


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A call that the model is to make."""

    tool: str
    args: dict[str, Any]


Turn = tuple[WantedCall, ...] | str
"""The calls of one answer, or the last words."""


@dataclass(frozen=True, slots=True)
class Case:
    """A customer's order, and what is to be done about it."""

    order: Order

    @property
    def goal(self) -> str:
        return f"Refund the damaged parcel of order {self.order.number} and tell the customer."

    def turns(self) -> list[Turn]:
        order, line = self.order, self.order.lines.earliest("pk")
        number, to, name = order.number, order.customer.email, line.product.name
        return [
            (WantedCall("get_order", {"order_id": number}),),
            (WantedCall("search_kb", {"query": "parcel arrived damaged"}),),
            (
                WantedCall("read_article", {"slug": "parcel-arrived-damaged"}),
                WantedCall("get_policy", {"topic": "damage"}),
                WantedCall("list_refunds", {"order_id": number}),
            ),
            (
                WantedCall(
                    "issue_refund",
                    {
                        "order_id": number,
                        "amount": float(line.price),
                        "recipient": to,
                        "reason": f"arrived damaged: {name}",
                    },
                ),
            ),
            (
                WantedCall(
                    "send_email",
                    {
                        "to": to,
                        "subject": f"Your order {number}",
                        "body": f"We are sorry about the {name}: {line.price} USD are on their way"
                        " back to your card – für Sie, “as promised”.\n\nThe refund desk",
                    },
                ),
            ),
            f"Order {number}: {line.price} USD paid back, and the customer was told.",
        ]


def opened() -> Case:
    """A delivered order, the company's own dice aside."""
    return Case(company.order_now(Random(7), datetime.now(UTC), "delivered"))


def begun(case: Case, planner: str, base_url: str, **settings: Any) -> Run:
    """The refund desk's own agent, thinking by a model at `base_url`."""
    given = {"price_in": Decimal(3), "price_out": Decimal(15), "script": "", **settings}
    Agent.objects.filter(name="refund-desk").update(planner=planner, base_url=base_url, **given)
    return services.start(
        agent=Agent.objects.get(name="refund-desk"),
        goal=case.goal,
        principal=User.objects.get(username=demo_runs.PRINCIPAL),
        at=datetime.now(UTC),
    )


def played(run: Run) -> tuple[Run, list[Request]]:
    """To its end, with an approver at the desk who says yes and a clock that wakes what waits."""
    approver = User.objects.get(username="approver")
    now, asked = answering.played(run, approver)
    for _ in range(MOST_WAITS):
        if now.waiting_for not in (Waiting.PROVIDER, Waiting.BACKOFF):
            break
        until(lambda: due(run), "its time to come")
        now, more = answering.played(run, approver)
        asked += more
    return now, asked


def due(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, wake_at__lte=datetime.now(UTC)).exists()


def settled(case: Case, run: Run, asked: list[Request]) -> None:
    """The customer has their money and a letter, once each, and a person said yes to both."""
    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.COMPLETED), (
        run.stop_detail
    )
    assert [each.tool for each in asked] == ["issue_refund", "send_email"]
    [refund], [letter] = Refund.objects.filter(order=case.order), Letter.objects.all()
    line = case.order.lines.earliest("pk")
    assert (refund.amount, refund.recipient) == (line.price, case.order.customer.email)
    assert letter.to == case.order.customer.email
    assert "für Sie, “as promised”" in letter.body
    assert run.tokens_in > 0
    assert run.tokens_out > 0
