"""Each tool of the demo company, on its tables: what it does, that it does it once, and that it
takes it back.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from pytest_django.fixtures import Settings

from policies.retries.failure import Cause, Failure, cause_of
from runs.demo import company
from runs.demo.models import (
    CalendarEvent,
    Charge,
    Comment,
    Customer,
    Finding,
    Letter,
    Order,
    OrderChange,
    OrderLine,
    Product,
    Refund,
    Report,
    Reservation,
    Shipment,
    Ticket,
    TicketChange,
)
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened
from runs.engine.vocabulary import Verdict
from runs.tools import arguments
from runs.tools.placed import PlacedTool
from runs.tools.threads import POOL
from tests.patience import PATIENCE
from tests.tools.calling import context, named, undoing

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
NEW, PAID, DELIVERED = 2_001, 2_002, 2_003

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _company(settings: Settings, transactional_db: None) -> None:
    settings.DEMO_PACE = settings.DEMO_MISCHIEF = 0
    company.fill(AT)
    customer, article = Customer.objects.earliest("pk"), Product.objects.get(sku="LMP-033")
    for number, status in ((NEW, "new"), (PAID, "paid"), (DELIVERED, "delivered")):
        order = Order.objects.create(
            number=number,
            status=status,
            customer=customer,
            placed_at=AT,
            address="1 Quay",
            total=Decimal(180),
        )
        OrderLine.objects.create(order=order, product=article, quantity=1, price=Decimal(180))


async def ask(function: Any, *args: Any) -> Any:
    """The database, from a coroutine."""
    return await POOL.run(function, *args)


REFUND = {"order_id": DELIVERED, "amount": 50, "recipient": "anna@example.com", "reason": "broken"}
EVENT = {
    "title": "Pickup",
    "start": "2026-11-23T09:00:00Z",
    "end": "2026-11-23T10:00:00Z",
    "attendees": ["desk@harbourfinch.example"],
}
EFFECTS: list[tuple[str, dict[str, Any], type[Model]]] = [
    ("issue_refund", REFUND, Refund),
    ("charge_card", {"order_id": NEW, "amount": 180}, Charge),
    ("book_courier", {"order_id": PAID, "service": "express", "address": "7 Rope Walk"}, Shipment),
    ("send_email", {"to": "anna@example.com", "subject": "Hello", "body": "Hello."}, Letter),
    ("reserve_stock", {"order_id": NEW, "sku": "LMP-033", "quantity": 2}, Reservation),
    ("change_address", {"order_id": NEW, "address": "7 Rope Walk"}, OrderChange),
    ("cancel_order", {"order_id": NEW, "reason": "changed their mind"}, OrderChange),
    ("create_event", EVENT, CalendarEvent),
    ("update_ticket", {"ticket_id": 337, "severity": "high", "component": "app"}, TicketChange),
    ("link_duplicate", {"ticket_id": 337, "duplicate_of": 301}, TicketChange),
    ("add_comment", {"ticket_id": 337, "text": "Which phone?"}, Comment),
    ("save_finding", {"document_id": 1, "claim": "It is so.", "quote": "so it is"}, Finding),
    ("save_report", {"title": "All", "body": "Of it.", "sources": [1, 2]}, Report),
]
READS: list[tuple[str, dict[str, Any], str]] = [
    ("get_order", {"order_id": DELIVERED}, "LMP-033"),
    ("find_orders", {"email": "anna.abara@example.com"}, "order_id"),
    ("list_refunds", {"order_id": DELIVERED}, "[]"),
    ("check_stock", {"sku": "lmp-033"}, "free"),
    ("courier_quote", {"order_id": PAID, "service": "express"}, "usd"),
    ("list_events", {"on": (AT + timedelta(days=3)).date().isoformat()}, "attendees"),
    ("search_kb", {"query": "parcel arrived damaged"}, "parcel-arrived-damaged"),
    ("read_article", {"slug": "opening-hours"}, "Harbour week"),
    ("get_policy", {"topic": "damage"}, "Breakage"),
    ("list_tickets", {"status": "new"}, "'count': 14"),
    ("get_ticket", {"ticket_id": 301}, "reporter"),
    ("search_tickets", {"query": "crash start-up"}, "ticket"),
    ("search_documents", {"query": "cold-chain logistics"}, "documents"),
    ("read_document", {"document_id": 1}, "'part': 1"),
    ("web_search", {"query": "permits noise"}, "results"),
    ("wait", {"seconds": 0}, "waited"),
    ("echo", {"text": "same"}, "same"),
]


@pytest.mark.parametrize(("name", "args", "said"), READS, ids=[name for name, *_ in READS])
async def test_a_read_answers_and_changes_nothing(
    name: str, args: dict[str, Any], said: str
) -> None:
    tool = await named(name)
    assert arguments.problems(tool.spec.schema, args) == []
    assert said in str(await tool.call(args, context()))


@pytest.mark.parametrize(("name", "args", "table"), EFFECTS, ids=[name for name, *_ in EFFECTS])
async def test_the_same_key_twice_is_done_once_and_found_again(
    name: str, args: dict[str, Any], table: type[Model]
) -> None:
    tool, asked = await named(name), context()
    assert arguments.problems(tool.spec.schema, args) == []
    before = await ask(table._default_manager.count)
    if tool.spec.has_lookup:
        assert (await tool.lookup(args, asked)).happened is Happened.NO
    result = await tool.call(args, asked)
    assert await tool.call(args, asked) == result
    assert await ask(table._default_manager.count) == before + 1
    if tool.spec.has_lookup:
        found = await tool.lookup(args, asked)
        assert found.happened is Happened.YES
        assert found.result.items() <= result.items()
    if tool.spec.has_check:
        assert await tool.check(args, result, asked) is Verdict.SUCCEEDED


REVERSIBLE = [
    (name, args)
    for name, args, _ in EFFECTS
    if name not in {"issue_refund", "charge_card", "book_courier", "send_email"}
]


def everything() -> dict[str, Any]:
    """What an undo has to bring back."""
    return {
        "orders": list(Order.objects.order_by("pk").values("number", "status", "address")),
        "stock": list(Product.objects.order_by("pk").values("sku", "stock")),
        "tickets": list(
            Ticket.objects.order_by("pk").values(
                "number", "status", "severity", "component", "duplicate_of"
            )
        ),
        "visible": [
            CalendarEvent.objects.filter(undone_at=None).count(),
            Comment.objects.filter(undone_at=None).count(),
            Finding.objects.filter(undone_at=None).count(),
            Report.objects.filter(undone_at=None).count(),
        ],
    }


@pytest.mark.parametrize(("name", "args"), REVERSIBLE, ids=[name for name, _ in REVERSIBLE])
async def test_an_undo_puts_everything_back_once(name: str, args: dict[str, Any]) -> None:
    tool, asked = await named(name), context()
    before = await ask(everything)
    result = await tool.call(args, asked)
    assert await ask(everything) != before
    first = await tool.undo(args, result, undoing(asked))
    assert await ask(everything) == before
    assert await tool.undo(args, result, undoing(asked)) == first
    assert await ask(everything) == before


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("get_order", {"order_id": 9_999}, "There is no order 9999"),
        ("issue_refund", REFUND | {"amount": 180.01}, "has 180.00 USD left"),
        ("charge_card", {"order_id": NEW, "amount": 179}, "costs 180.00 USD, not 179"),
        ("charge_card", {"order_id": PAID, "amount": 180}, "only a new order is charged"),
        (
            "book_courier",
            {"order_id": NEW, "service": "express", "address": "x"},
            "only a paid order is shipped",
        ),
        ("change_address", {"order_id": DELIVERED, "address": "x"}, "cannot be changed any more"),
        (
            "reserve_stock",
            {"order_id": NEW, "sku": "LMP-033", "quantity": 100},
            "pieces of LMP-033 are free",
        ),
        ("check_stock", {"sku": "NO-1"}, "There is no article NO-1"),
        ("create_event", EVENT | {"end": EVENT["start"]}, "must end after it starts"),
        ("link_duplicate", {"ticket_id": 301, "duplicate_of": 301}, "its own duplicate"),
        ("get_ticket", {"ticket_id": 1}, "There is no ticket 1"),
        ("read_article", {"slug": "nothing"}, "There is no article nothing"),
        ("get_policy", {"topic": "zeppelins"}, "There is no policy on zeppelins"),
        ("read_document", {"document_id": 1, "part": 99}, "parts"),
        (
            "fetch_url",
            {"url": "http://example.com/steal?all"},
            "example.com is not a host that may be asked",
        ),
        ("fetch_url", {"url": "file:///etc/passwd"}, "is not a host that may be asked"),
    ],
)
async def test_what_the_company_refuses_it_refuses_in_words(
    name: str, args: dict[str, Any], said: str
) -> None:
    before = await ask(everything)
    with pytest.raises(ToolError, match=said) as refused:
        await (await named(name)).call(args, context())
    assert await ask(everything) == before
    assert cause_of(Failure("error", "failed", "transport", str(refused.value))) is Cause.CALLER, (
        "a healthy tool looked, and said no"
    )


async def test_refunds_of_one_order_never_exceed_it_however_many_come_at_once() -> None:
    tool = await named("issue_refund")
    answers = await asyncio.gather(
        *(tool.call(REFUND, context()) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 3
    assert all(isinstance(answer, dict | ToolError) for answer in answers)


async def test_a_failed_reservation_leaves_no_trace() -> None:
    asked = context()
    with pytest.raises(ToolError):
        await (await named("reserve_stock")).call(
            {"order_id": NEW, "sku": "LMP-033", "quantity": 100}, asked
        )
    assert await ask(Reservation.objects.count) == 0


@pytest.mark.parametrize(
    ("name", "args", "verdict"),
    [
        ("get_policy", {"topic": "damage"}, Verdict.FAILED),
        ("web_search", {"query": "permits"}, Verdict.UNKNOWN),
    ],
)
async def test_a_moody_supplier_answers_rubbish_and_calls_it_fine(
    name: str, args: dict[str, Any], verdict: Verdict, settings: Settings
) -> None:
    settings.DEMO_MISCHIEF = 100
    tool = await named(name)
    result = await tool.call(args, context())
    assert result["status"] in {200, "ok"}
    assert await tool.check(args, result, context()) is verdict


async def test_a_courier_that_is_down_is_a_failure(settings: Settings) -> None:
    settings.DEMO_MISCHIEF = 100
    with pytest.raises(ToolError, match="503"):
        await (await named("courier_quote")).call({"order_id": PAID}, context())


async def test_a_fetch_that_is_cancelled_closes_its_connection(settings: Settings) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        begun.set()
        assert await reader.read() == b""
        closed.set()
        writer.close()

    async with await asyncio.start_server(never_answers, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings.DEMO_FETCH_HOSTS = [host]
        fetching = asyncio.ensure_future(
            (await named("fetch_url")).call({"url": f"http://{host}/slow"}, context())
        )
        await asyncio.wait_for(begun.wait(), PATIENCE)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await asyncio.wait_for(closed.wait(), PATIENCE)


async def test_tools_give_their_connections_back() -> None:
    tool = await named("get_order")
    for _ in range(20):
        await tool.call({"order_id": NEW}, context())
    held = await ask(lambda: sum(each.connection is not None for each in [connection]))
    assert held == 0


async def test_the_bank_lists_what_was_paid_back_by_the_key_of_each_call() -> None:
    tool = await named("issue_refund")
    await tool.call(REFUND, context("one:1.1"))
    await tool.call(REFUND, context("one:1.1"))
    assert isinstance(tool, PlacedTool)
    [only] = await tool.list_effects(datetime.now(UTC) - timedelta(hours=1))
    assert (only.key, only.undone) == ("one:1.1", False)
    assert only.words.endswith(f"USD for order {REFUND['order_id']}")
    assert await tool.list_effects(datetime.now(UTC) + timedelta(hours=1)) == []
