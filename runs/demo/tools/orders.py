"""Orders: looking them up, correcting their address, cancelling them before they leave."""

from typing import Any

from django.db.models import QuerySet

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import Order, OrderChange
from runs.demo.tools.shapes import Email, OrderId, ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool


def all_orders() -> QuerySet[Order]:
    return Order.objects.select_related("customer").prefetch_related("lines__product", "refunds")


def order_of(number: int) -> Order:
    """The order of this number; raises ToolError in the company's words."""
    order = all_orders().filter(number=number).first()
    if order is None:
        raise ToolError(f"There is no order {number}.")
    return order


@tool(effect=Effect.READ, timeout=10)
@takes(0.4)
def get_order(order_id: OrderId) -> dict[str, Any]:
    """One order: who placed it, what is in it, what it cost, where it goes, what was paid back."""
    order = order_of(order_id)
    return {
        "order_id": order.number,
        "status": order.status,
        "placed_on": order.placed_at.date(),
        "customer": {"name": order.customer.name, "email": order.customer.email},
        "address": order.address,
        "lines": [
            {
                "sku": line.product.sku,
                "name": line.product.name,
                "quantity": line.quantity,
                "price": line.price,
            }
            for line in order.lines.all()
        ],
        "total": order.total,
        "refunded": sum(refund.amount for refund in order.refunds.all()),
    }


@tool(effect=Effect.READ, timeout=10)
@takes(0.6)
def find_orders(email: Email, limit: int = 5) -> list[dict[str, Any]]:
    """A customer's orders by e-mail address, newest first."""
    orders = (
        all_orders()
        .filter(customer__email__iexact=email)
        .order_by("-placed_at")[: max(1, min(limit, 20))]
    )
    return [
        {
            "order_id": order.number,
            "status": order.status,
            "placed_on": order.placed_at.date(),
            "total": order.total,
        }
        for order in orders
    ]


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="orders:write",
)
@takes(0.5)
def change_address(order_id: OrderId, address: ShortText, context: ToolContext) -> dict[str, Any]:
    """Correct the delivery address of an order that has not left yet."""
    return changed(order_of(order_id), "address", address, context)


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="orders:write",
)
@takes(0.5)
def cancel_order(order_id: OrderId, reason: ShortText, context: ToolContext) -> dict[str, Any]:
    """Cancel an order that has not left yet. It can be reinstated."""
    return changed(order_of(order_id), "status", Order.Status.CANCELLED, context) | {
        "reason": reason
    }


def changed(order: Order, field: str, after: str, context: ToolContext) -> dict[str, Any]:
    """Change a field of the order once a key, remembering what it was."""
    if idempotency.found(OrderChange, context) is None and order.status in {
        Order.Status.SHIPPED,
        Order.Status.DELIVERED,
        Order.Status.CANCELLED,
    }:
        raise ToolError(f"Order {order.number} is {order.status}; it cannot be changed any more.")
    change = idempotency.once(
        OrderChange,
        context,
        first=lambda: write(order.pk, field, after),
        order=order,
        field=field,
        before=str(getattr(order, field)),
        after=after,
    )
    return {
        "order_id": order.number,
        "field": field,
        "before": change.before,
        "after": change.after,
    }


def write(order: int, field: str, value: str) -> None:
    Order.objects.filter(pk=order).update(**{field: value})


@change_address.lookup
@cancel_order.lookup
def find_change(context: ToolContext) -> Json:
    change = idempotency.found(OrderChange, context)
    return (
        None
        if change is None
        else {"field": change.field, "before": change.before, "after": change.after}
    )


@change_address.undo
@cancel_order.undo
def put_back(context: ToolContext) -> Json:
    return {
        "put_back_at": idempotency.undone(
            OrderChange, context, lambda change: write(change.order_id, change.field, change.before)
        )
    }
