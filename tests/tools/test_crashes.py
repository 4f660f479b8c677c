"""The record of tools that ended, froze or filled their processes."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.utils import timezone

from console.outside import confidential
from runs.engine.ports import Returned
from runs.engine.vocabulary import Outcome
from runs.models import ToolCrash
from runs.runtime import postgres_store
from runs.runtime.crash_record import Rows
from runs.supervision.tool_health import transport
from runs.toolprocess.endings import ProcessEnding
from tests.pages.people import signed_in

KEY = "sk-0123456789abcdef"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def rows() -> AsyncIterator[Rows]:
    yield Rows()
    await postgres_store.close()


async def test_each_suspect_has_a_row_that_counts_and_keeps_the_last_words_without_secrets(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    confidential.mask()
    await rows.note(ProcessEnding("ended: SIGSEGV", "", ("pay", "book")))
    await rows.note(ProcessEnding("ended: exit code 1", f"went with {KEY}", ("pay",)))
    pay = await ToolCrash.objects.aget(pk="pay")
    assert (pay.times, pay.how, pay.words) == (
        2,
        "ended: exit code 1",
        "went with [OPENAI_API_KEY]",
    )
    assert (await ToolCrash.objects.aget(pk="book")).times == 1
    assert await rows.lately() == {"pay", "book"}


async def test_a_crash_of_two_days_ago_keeps_no_tool_apart(rows: Rows) -> None:
    await rows.note(ProcessEnding("ended: exit code 1", "", ("pay",)))
    await ToolCrash.objects.aupdate(at=timezone.now() - timedelta(days=2))
    assert await rows.lately() == frozenset()


@pytest.mark.parametrize("group", ["operator", "viewer"])
def test_the_health_page_has_a_row_of_each_for_those_who_see_tools(group: str) -> None:
    ToolCrash.objects.create(
        tool="pay",
        times=3,
        at=timezone.now(),
        how="was killed: over 1,024 MB",
        words="<b>MemoryError</b>",
    )
    page = signed_in(group).get("/health/").content.decode()
    assert ("was killed: over 1,024 MB" in page) is (group == "operator")
    assert ("MemoryError" in page) is (group == "operator")
    assert "<b>MemoryError" not in page


def test_an_error_without_an_answer_counts_against_the_tool_whatever_its_last_words_were() -> None:
    assert (
        transport(Returned(Outcome.ERROR, error="Last words: no such order", answered=False))
        is Outcome.TIMEOUT
    )
    assert transport(Returned(Outcome.ERROR, error="no such order")) is Outcome.ERROR
    assert transport(Returned(Outcome.CANCELLED, answered=False)) is Outcome.CANCELLED
