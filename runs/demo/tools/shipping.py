"""Couriers: asking what a parcel costs, booking one. Once booked, it is paid."""

import hashlib
from enum import StrEnum
from typing import Any

from console.json_value import Json
from runs.demo import conf, idempotency
from runs.demo.latency import takes
from runs.demo.models import Order, Shipment
from runs.demo.tools.orders import order_of
from runs.demo.tools.shapes import OrderId, ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

OUTAGE = 0.12


class Service(StrEnum):
    STANDARD = "standard"
    EXPRESS = "express"


DAYS = {Service.STANDARD: 3, Service.EXPRESS: 1}
BASE = {Service.STANDARD: 4.9, Service.EXPRESS: 11.5}


@tool(effect=Effect.READ, timeout=10)
@takes(0.7)
def courier_quote(order_id: OrderId, service: Service = Service.STANDARD) -> dict[str, Any]:
    """What the courier asks for an order's parcel, and how long it takes."""
    order = order_of(order_id)
    if conf.misbehaves(OUTAGE):
        raise ToolError("503 Service Unavailable: the courier's rate service is being restarted")
    pieces = sum(line.quantity for line in order.lines.all())
    return {
        "order_id": order_id,
        "service": service,
        "usd": round(BASE[service] + 1.2 * pieces, 2),
        "days": DAYS[service],
    }


@tool(effect=Effect.IRREVERSIBLE, timeout=25, scope="couriers:book")
@takes(1.0)
def book_courier(
    order_id: OrderId, service: Service, address: ShortText, context: ToolContext
) -> dict[str, Any]:
    """Book a courier for an order and buy the label. It cannot be given back."""
    order = order_of(order_id)
    if order.status != Order.Status.PAID and idempotency.found(Shipment, context) is None:
        raise ToolError(f"Order {order_id} is {order.status}; only a paid order is shipped.")
    tracking = (
        "HF" + hashlib.blake2b(context.idempotency_key.encode(), digest_size=5).hexdigest().upper()
    )
    shipment = idempotency.once(
        Shipment,
        context,
        first=lambda: shipped(order),
        order=order,
        service=service,
        address=address,
        tracking=tracking,
    )
    return label(shipment)


def shipped(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(status=Order.Status.SHIPPED)


def label(shipment: Shipment) -> dict[str, Any]:
    return {
        "order_id": shipment.order.number,
        "tracking": shipment.tracking,
        "service": shipment.service,
        "status": "booked",
    }


@book_courier.check
def has_tracking(result: Json) -> bool:
    return bool(result.get("tracking"))


@book_courier.lookup
def find_shipment(context: ToolContext) -> Json:
    shipment = idempotency.found(Shipment, context)
    return None if shipment is None else label(shipment)
