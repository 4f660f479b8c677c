"""Fills the company's tables: the same customers, orders, tickets and documents every time, dated
back from `at`.
"""

import itertools
import random
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from runs.demo.models import (
    Article,
    CalendarEvent,
    Customer,
    Document,
    Order,
    OrderLine,
    Product,
    Ticket,
)

DATA = Path(__file__).with_name("data")
SEED = 20_261_120
CUSTOMERS, ORDERS, FIRST_ORDER, SHOWPIECE, FIRST_TICKET, NEW_TICKETS = (
    60,
    140,
    1_001,
    1_042,
    301,
    14,
)
MEETINGS = (
    "Stand-up",
    "Courier pickup",
    "Stock count bay 3",
    "Supplier call: lampworks",
    "Refund desk review",
    "Photo day",
)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def fill(at: datetime) -> bool:
    """Fill empty tables; False when the company is there already."""
    if Product.objects.exists():
        return False
    dice = random.Random(SEED)  # noqa: S311 - the same company on every machine
    with transaction.atomic():
        Product.objects.bulk_create(
            Product(
                sku=each["sku"],
                name=each["name"],
                price=Decimal(each["price"]),
                stock=dice.randint(20, 90),
            )
            for each in read("products")["products"]
        )
        Customer.objects.bulk_create(customers(dice, at))
        orders(dice, at)
        Article.objects.bulk_create(Article(**each) for each in read("articles")["article"])
        Ticket.objects.bulk_create(tickets(dice, at))
        Document.objects.bulk_create(documents(dice))
        CalendarEvent.objects.bulk_create(meetings(dice, at))
    return True


def customers(dice: random.Random, at: datetime) -> Iterator[Customer]:
    people = read("people")
    for index in range(CUSTOMERS):
        first, last = (
            people["first"][index % len(people["first"])],
            people["last"][(index * 7) % len(people["last"])],
        )
        yield Customer(
            name=f"{first} {last}",
            email=f"{first}.{last}{index // 25 or ''}@example.com".lower(),
            address=(
                f"{dice.randint(1, 120)} {dice.choice(people['streets'])},"
                f" {dice.choice(people['towns'])}"
            ),
            since=(at - timedelta(days=dice.randint(30, 2_000))).date(),
        )


def orders(dice: random.Random, at: datetime) -> None:
    """Orders of which the older ones have mostly arrived."""
    everyone, articles = list(Customer.objects.order_by("pk")), list(Product.objects.order_by("pk"))
    placed = []
    for index in range(ORDERS):
        age = timedelta(days=(ORDERS - index) / 2, minutes=dice.randint(0, 600))
        status = dice.choices(list(Order.Status), weights=[1, 1, 3, 14, 1])[0]
        placed.append(
            drawn_up(
                dice,
                at - age,
                FIRST_ORDER + index,
                dice.choice(everyone),
                dice.sample(articles, dice.randint(1, 3)),
                status,
            )
        )
        if placed[-1][0].number == SHOWPIECE:
            placed[-1] = showpiece(*placed[-1], Product.objects.get(sku="LMP-033"))
    Order.objects.bulk_create(order for order, _ in placed)
    OrderLine.objects.bulk_create(line for _, lines in placed for line in lines)


def showpiece(order: Order, lines: list[OrderLine], lamp: Product) -> tuple[Order, list[OrderLine]]:
    """The order that examples speak of: one lamp of 180 USD, delivered."""
    order.status, order.total = Order.Status.DELIVERED, lamp.price
    lines[0].product, lines[0].quantity, lines[0].price = lamp, 1, lamp.price
    return order, lines[:1]


def drawn_up(
    dice: random.Random,
    at: datetime,
    number: int,
    customer: Customer,
    articles: list[Product],
    status: str,
) -> tuple[Order, list[OrderLine]]:
    """An order with its lines, not saved yet."""
    order = Order(
        number=number, customer=customer, status=status, placed_at=at, address=customer.address
    )
    lines = [
        OrderLine(
            order=order, product=each, quantity=dice.choice([1, 1, 1, 2, 4]), price=each.price
        )
        for each in articles
    ]
    order.total = sum((line.price * line.quantity for line in lines), start=Decimal(0))
    return order, lines


def order_now(dice: random.Random, at: datetime, status: str) -> Order:
    """Have somebody order something, since the shop goes on while its agents work. Empty shelves
    are filled up as well.
    """
    Product.objects.filter(stock__lt=12).update(stock=60)
    number = 1 + (Order.objects.aggregate(last=Max("number"))["last"] or FIRST_ORDER)
    customer = Customer.objects.order_by("pk")[dice.randrange(Customer.objects.count())]
    articles = dice.sample(list(Product.objects.order_by("pk")), dice.randint(1, 2))
    order, lines = drawn_up(dice, at, number, customer, articles, status)
    order.save()
    OrderLine.objects.bulk_create(lines)
    return order


def tickets(dice: random.Random, at: datetime) -> Iterator[Ticket]:
    """Tickets, oldest first; the last ones came in overnight and nobody has looked at them."""
    written = [(each["title"], each["body"]) for each in read("tickets")["ticket"]]
    again = [
        (title, f"{title}. {each['body']}")
        for each in read("tickets")["ticket"]
        for title in each.get("again", [])
    ]
    dice.shuffle(again)
    everything = written + again
    for index, (title, body) in enumerate(everything):
        fresh = index >= len(everything) - NEW_TICKETS
        yield Ticket(
            number=FIRST_TICKET + index,
            title=title,
            body=body,
            reporter=f"reporter{index}@example.com",
            status=Ticket.Status.NEW if fresh else Ticket.Status.TRIAGED,
            severity="" if fresh else dice.choice(["low", "medium", "medium", "high"]),
            component=(
                "" if fresh else dice.choice(["checkout", "search", "account", "app", "warehouse"])
            ),
            opened_at=at - timedelta(hours=(len(everything) - index) * (0.6 if fresh else 9)),
        )


def documents(dice: random.Random) -> Iterator[Document]:
    """Documents of all topics in turn, so that neighbours in number differ in topic."""
    library = read("documents")
    titles = zip(
        *([(topic, title) for title in topic["titles"]] for topic in library["topic"]), strict=True
    )
    for number, (topic, title) in enumerate(itertools.chain.from_iterable(titles), 1):
        body = "\n\n".join(paragraph(dice, topic["sentences"]) for _ in range(dice.randint(4, 9)))
        publisher, year = dice.choice(library["publishers"]), dice.randint(2019, 2026)
        yield Document(
            number=number,
            title=title,
            publisher=publisher,
            year=year,
            topic=topic["name"],
            body=body,
        )


def paragraph(dice: random.Random, sentences: list[str]) -> str:
    chosen = dice.sample(sentences, 4)
    return " ".join(
        sentence.format(
            share=dice.randint(11, 94),
            small=dice.randint(2, 9),
            year=dice.randint(2021, 2026),
            sites=dice.randint(40, 900),
        )
        for sentence in chosen
    )


def meetings(dice: random.Random, at: datetime) -> Iterator[CalendarEvent]:
    """Two weeks of meetings, from tomorrow on."""
    for day in range(1, 15):
        for slot in dice.sample(range(8, 17), 2):
            starts = (at + timedelta(days=day)).replace(
                hour=slot, minute=0, second=0, microsecond=0
            )
            yield CalendarEvent(
                key=f"seed:{day}:{slot}",
                run="",
                principal="seed",
                at=at,
                title=dice.choice(MEETINGS),
                starts_at=starts,
                ends_at=starts + timedelta(minutes=dice.choice([30, 60])),
                attendees=[
                    f"{name}@harbourfinch.example"
                    for name in dice.sample(["desk", "warehouse", "bugs", "owner"], 2)
                ],
                place=dice.choice(["Net loft", "Bay 3", "Call"]),
            )
