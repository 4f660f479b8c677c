"""Stock: what there is, and putting some of it aside for an order."""

from typing import Annotated, Any

from django.db.models import F
from pydantic import Field

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import Product, Reservation
from runs.demo.tools.orders import order_of
from runs.demo.tools.shapes import OrderId
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

Sku = Annotated[str, Field(description="Article number, such as LMP-014", max_length=16)]
Quantity = Annotated[int, Field(ge=1, le=100)]


def product_of(sku: str) -> Product:
    product = Product.objects.filter(sku__iexact=sku).first()
    if product is None:
        raise ToolError(f"There is no article {sku}.")
    return product


@tool(effect=Effect.READ, timeout=10)
@takes(0.3)
def check_stock(sku: Sku) -> dict[str, Any]:
    """How many pieces of an article are free in the warehouse."""
    product = product_of(sku)
    return {"sku": product.sku, "name": product.name, "free": product.stock, "price": product.price}


@tool(
    effect=Effect.REVERSIBLE, idempotent=True, undo_idempotent=True, timeout=15, scope="stock:write"
)
@takes(0.5)
def reserve_stock(
    order_id: OrderId, sku: Sku, quantity: Quantity, context: ToolContext
) -> dict[str, Any]:
    """Put pieces aside for an order. They can be put back."""
    order, product = order_of(order_id), product_of(sku)
    reservation = idempotency.once(
        Reservation,
        context,
        first=lambda: take(product, quantity),
        order=order,
        product=product,
        quantity=quantity,
    )
    return reserved(reservation)


def take(product: Product, quantity: int) -> None:
    """Take pieces from the stock. Raises ToolError when too few are free, which also takes back the
    reservation that it is part of.
    """
    if not Product.objects.filter(pk=product.pk, stock__gte=quantity).update(
        stock=F("stock") - quantity
    ):
        raise ToolError(
            f"Only {Product.objects.get(pk=product.pk).stock} pieces of {product.sku} are free."
        )


def reserved(reservation: Reservation) -> dict[str, Any]:
    return {
        "reservation": reservation.pk,
        "sku": reservation.product.sku,
        "quantity": reservation.quantity,
    }


@reserve_stock.lookup
def find_reservation(context: ToolContext) -> Json:
    reservation = idempotency.found(Reservation, context)
    return None if reservation is None else reserved(reservation)


@reserve_stock.undo
def give_back(context: ToolContext) -> Json:
    return {"given_back_at": idempotency.undone(Reservation, context, returned)}


def returned(reservation: Reservation) -> None:
    Product.objects.filter(pk=reservation.product_id).update(
        stock=F("stock") + reservation.quantity
    )
