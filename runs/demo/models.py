"""Harbour & Finch, a shop for lamps, chairs and kitchen things: its tables.

What agents did to it is an Effect, unique by idempotency key.

No rule of supervision lives here: the company would sell without Signalbox too.
"""

from typing import Any, ClassVar

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(unique=True)
    address = models.CharField(max_length=200)
    since = models.DateField()

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    sku = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=80)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    class Status(models.TextChoices):
        NEW = "new"
        PAID = "paid"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"

    number = models.PositiveIntegerField(unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=12, choices=Status.choices)
    placed_at = models.DateTimeField()
    address = models.CharField(max_length=200)
    total = models.DecimalField(max_digits=10, decimal_places=2)

    def __str__(self) -> str:
        return f"order {self.number}"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"


class Ticket(models.Model):
    class Status(models.TextChoices):
        NEW = "new"
        TRIAGED = "triaged"
        DUPLICATE = "duplicate"
        CLOSED = "closed"

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=160)
    body = models.TextField()
    reporter = models.EmailField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.NEW)
    severity = models.CharField(max_length=8, blank=True, default="")
    component = models.CharField(max_length=24, blank=True, default="")
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"


class Article(models.Model):
    """One page of the knowledge base; `policy` pages are the house's rules."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    body = models.TextField()
    policy = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title


class Document(models.Model):
    """One source of the research library."""

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=160)
    publisher = models.CharField(max_length=80)
    year = models.PositiveSmallIntegerField()
    topic = models.CharField(max_length=40)
    body = models.TextField()

    def __str__(self) -> str:
        return self.title


class AgentEffect(models.Model):
    """Something an agent did.

    `key` is the call's idempotency key: whoever comes again with it finds what the first call did.
    """

    key = models.CharField(max_length=120, unique=True)
    run = models.CharField(max_length=36)
    principal = models.CharField(max_length=150)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class Refund(AgentEffect):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    recipient = models.EmailField()
    reason = models.CharField(max_length=200)


class Charge(AgentEffect):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="charges")
    amount = models.DecimalField(max_digits=10, decimal_places=2)


class Shipment(AgentEffect):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    service = models.CharField(max_length=12)
    address = models.CharField(max_length=200)
    tracking = models.CharField(max_length=20)


class Reservation(AgentEffect):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reservations")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()


class OrderChange(AgentEffect):
    """A field of an order that was changed, and what it was."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=16)
    before = models.CharField(max_length=200)
    after = models.CharField(max_length=200)


class TicketChange(AgentEffect):
    """What a ticket was before and after, as JSON."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="changes")
    before = models.JSONField()
    after = models.JSONField()


class Comment(AgentEffect):
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField()


class CalendarEvent(AgentEffect):
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    attendees = models.JSONField(default=list)
    place = models.CharField(max_length=80, blank=True)


class Letter(AgentEffect):
    """An e-mail in the outbox. Nothing here leaves the machine."""

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()


class Finding(AgentEffect):
    """A claim taken from a document, with the words that carry it."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT)
    claim = models.TextField()
    quote = models.TextField()


class Report(AgentEffect):
    title = models.CharField(max_length=200)
    body = models.TextField()
    sources = models.JSONField(default=list)
