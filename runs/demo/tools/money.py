"""Money: paying back and charging. Nothing here can be taken back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import Charge, Order, Refund
from runs.demo.tools.orders import order_of
from runs.demo.tools.shapes import Amount, Email, OrderId, ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ListedEffect, ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool


@tool(effect=Effect.READ, timeout=10)
@takes(0.4)
def list_refunds(order_id: OrderId) -> list[dict[str, Any]]:
    """What was paid back for an order so far."""
    return [
        {
            "refund": refund.pk,
            "amount": refund.amount,
            "reason": refund.reason,
            "on": refund.at.date(),
        }
        for refund in order_of(order_id).refunds.all()
    ]


@tool(effect=Effect.IRREVERSIBLE, idempotent=True, timeout=20, scope="refunds:issue")
@takes(0.9)
def issue_refund(
    order_id: OrderId, amount: Amount, recipient: Email, reason: ShortText, context: ToolContext
) -> dict[str, Any]:
    """Pay money back for an order, to the card it was paid with; the recipient is told by e-mail.

    Cannot be taken back.
    """
    order = order_of(order_id)
    with transaction.atomic():
        # two refunds of one order must not both fit under its total
        Order.objects.select_for_update().get(pk=order.pk)
        if (refund := idempotency.found(Refund, context)) is None:
            left = order.total - refunded(order)
            if amount > left:
                raise ToolError(
                    f"Order {order_id} has {left} USD left to be paid back, and {amount} was asked"
                    " for."
                )
            refund = idempotency.once(
                Refund, context, order=order, amount=amount, recipient=recipient, reason=reason
            )
    return booked(refund)


def refunded(order: Order) -> Decimal:
    return order.refunds.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def booked(refund: Refund) -> dict[str, Any]:
    return {
        "refund": refund.pk,
        "order_id": refund.order.number,
        "amount": refund.amount,
        "status": "booked",
    }


@issue_refund.check
def is_booked(args: Json, result: Json) -> bool:
    return bool(result.get("status") == "booked" and result.get("order_id") == args["order_id"])


@issue_refund.lookup
def find_refund(context: ToolContext) -> Json:
    refund = idempotency.found(Refund, context)
    return None if refund is None else booked(refund)


@issue_refund.list_effects
def refunds_since(since: datetime) -> list[ListedEffect]:
    return idempotency.listed(
        Refund, since, lambda refund: f"{refund.amount} USD for order {refund.order.number}"
    )


@tool(effect=Effect.IRREVERSIBLE, timeout=20, scope="cards:charge")
@takes(1.0)
def charge_card(order_id: OrderId, amount: Amount, context: ToolContext) -> dict[str, Any]:
    """Charge the customer's card for an order.

    The bank cannot be asked afterwards whether a charge went through.
    """
    order = order_of(order_id)
    if order.status != Order.Status.NEW and idempotency.found(Charge, context) is None:
        raise ToolError(f"Order {order_id} is {order.status}; only a new order is charged.")
    if amount != order.total:
        raise ToolError(
            f"Order {order_id} costs {order.total} USD, not {amount}; the amount must be that."
        )
    charge = idempotency.once(
        Charge, context, first=lambda: paid(order), order=order, amount=amount
    )
    return {
        "charge": charge.pk,
        "order_id": order_id,
        "amount": charge.amount,
        "status": "captured",
    }


def paid(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(status=Order.Status.PAID)
