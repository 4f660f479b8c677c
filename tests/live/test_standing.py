"""What a socket may hear changes while it is open: sessions end, permissions come and go, Redis
goes away and returns.
"""

import asyncio
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session

from console import asgi
from console.live import consumers, feed, hub, session_reader
from console.live.publish import outage, publish
from console.live.session_reader import SessionReader
from tests.live import sockets
from tests.live.conftest import MortalRedis
from tests.live.sockets import frame
from tests.patience import PATIENCE, Deadline

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_hub")]


class Page:
    """A browser's socket on the test's own loop."""

    def __init__(self, key: str) -> None:
        headers = [
            (b"cookie", sockets.cookie(key).encode()),
            (b"origin", b"http://localhost"),
            (b"host", b"localhost"),
        ]
        self._socket = WebsocketCommunicator(asgi.application, "/live/", headers=headers)

    async def __aenter__(self) -> "Page":
        assert (await self._socket.connect(timeout=PATIENCE))[0]
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._socket.disconnect()

    async def watch(self, *topics: str, **more: object) -> None:
        await self._socket.send_to(text_data=json.dumps({"watch": topics, **more}))
        await self.hear("watching")

    async def hear(self, key: str) -> Any:
        patience = Deadline(f"no message had {key!r}")
        while True:
            message = json.loads(await self._socket.receive_from(patience.left()))
            if key in message:
                return message[key]

    async def hear_that_the_feed_is(self, state: str) -> None:
        patience = Deadline(f"the feed was never said to be {state}")
        while await self.hear("feed") != state:
            patience.left()

    async def close_code(self) -> int:
        patience = Deadline("the server did not close")
        while True:
            output = await self._socket.receive_output(patience.left())
            if output["type"] == "websocket.close":
                return int(output["code"])


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK", 0.05)
    monkeypatch.setattr(hub, "BEAT", 0.05)


async def somebody(group: str) -> tuple[User, str]:
    user: User = await database_sync_to_async(sockets.person)(group)
    return user, await database_sync_to_async(sockets.session_of)(user)


@pytest.mark.usefixtures("_quick")
async def test_a_session_that_ends_closes_its_socket() -> None:
    _, key = await somebody("operator")
    async with Page(key) as page:
        await page.watch("fleet")
        await Session.objects.filter(pk=key).adelete()
        assert await page.close_code() == 4401


async def test_signing_out_elsewhere_closes_the_socket_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "SIGNED_OUT_WITHIN", 0.05)
    monkeypatch.setattr(consumers, "RECHECK", 3600)
    _, key = await somebody("operator")
    _, other = await somebody("viewer")
    async with Page(key) as page, Page(other) as stays:
        await page.watch("fleet")
        await Session.objects.filter(pk=key).adelete()
        assert await page.close_code() == 4401
        await stays.watch("fleet")


@pytest.mark.usefixtures("_quick")
async def test_a_deactivated_persons_socket_closes() -> None:
    user, key = await somebody("operator")
    async with Page(key) as page:
        await page.watch("fleet")
        await User.objects.filter(pk=user.pk).aupdate(is_active=False)
        assert await page.close_code() == 4401


async def test_a_session_that_opens_many_sockets_is_looked_up_once(
    monkeypatch: pytest.MonkeyPatch, own_hub: hub.Hub
) -> None:
    looks: list[str] = []
    look_up = own_hub.desk._look_up

    async def noted(key: str) -> Any:
        looks.append(key)
        return await look_up(key)

    monkeypatch.setattr(own_hub.desk, "_look_up", noted)
    monkeypatch.setattr(session_reader, "MOMENT", 60)
    _, key = await somebody("operator")
    async with Page(key) as first, Page(key) as second, Page(key):
        await first.watch("fleet")
        await second.watch("fleet")
    assert looks == [key]


async def test_who_was_switched_off_opens_no_socket_by_what_was_found_before(
    monkeypatch: pytest.MonkeyPatch, own_hub: hub.Hub
) -> None:
    monkeypatch.setattr(session_reader, "MOMENT", 60)
    user, key = await somebody("operator")
    async with Page(key) as page:
        await User.objects.filter(pk=user.pk).aupdate(is_active=False)
        own_hub.desk.call(str(user.pk))
        assert await page.close_code() == 4401
        async with Page(key) as another:
            assert await another.close_code() == 4401


async def test_who_was_called_is_looked_up_anew_however_long_the_look_before_takes(
    monkeypatch: pytest.MonkeyPatch, own_hub: hub.Hub
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    answers = [SessionReader("1", True, frozenset()), None]

    async def slow(_key: str) -> SessionReader | None:
        answer = answers.pop(0)
        begun.set()
        await go_on.wait()
        return answer

    monkeypatch.setattr(own_hub.desk, "_look_up", slow)
    before = asyncio.ensure_future(own_hub.desk.standing("k"))
    await begun.wait()
    own_hub.desk.call("1")
    after = asyncio.ensure_future(own_hub.desk.welcome("k"))
    go_on.set()
    assert (await before) is not None
    assert await after is None


@pytest.mark.usefixtures("_quick")
async def test_losing_the_permission_to_see_runs_closes_the_socket() -> None:
    user, key = await somebody("viewer")
    async with Page(key) as page:
        await page.watch("fleet")
        await user.groups.aclear()
        assert await page.close_code() == 4403


@pytest.mark.usefixtures("_quick")
async def test_an_operator_made_a_viewer_hears_no_more_tools() -> None:
    user, key = await somebody("operator")
    run = "0b6e7a0e-0000-4000-8000-000000000001"
    async with Page(key) as page:
        await page.watch("fleet")
        publish(frame(run, 1, tool="charge_card"))
        assert "tool" in (await page.hear("frames"))[0]["state"]
        await user.groups.aset([await Group.objects.aget(name="viewer")])
        assert await page.hear("gap")
        publish(frame(run, 2, tool="charge_card"))
        assert "tool" not in (await page.hear("frames"))[0]["state"]


@pytest.mark.usefixtures("_quick")
async def test_a_page_is_told_when_the_feed_is_down_and_that_it_must_read_again_when_it_is_back(
    mortal_redis: MortalRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACKOFF", (0.02,))
    _, key = await somebody("viewer")
    async with Page(key) as page:
        await page.watch("fleet")
        mortal_redis.die()
        await page.hear_that_the_feed_is("down")
        mortal_redis.live()
        assert "interrupted" in await page.hear("gap")
        await page.hear_that_the_feed_is("up")
        outage.worked()
        publish(frame("0b6e7a0e-0000-4000-8000-000000000001", 1))
        assert await page.hear("frames")


async def test_a_frame_that_was_lost_with_its_worker_is_noticed_in_the_journal(
    own_hub: hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.live.recent.QUIET", 0.0)
    _, key = await somebody("viewer")
    run = await database_sync_to_async(sockets.chain)(3)
    async with Page(key) as page:
        await page.watch("fleet")
        publish(frame(run, 3))
        await page.hear("frames")
        await own_hub.sweep()
        await database_sync_to_async(sockets.grow)(run, 2)
        await own_hub.sweep()
        assert await page.hear("behind") == [{"run": run, "seq": 5}]


async def test_a_strangers_message_on_the_channel_is_ignored(
    own_hub: hub.Hub, caplog: pytest.LogCaptureFixture
) -> None:
    own_hub.hear(b"hello")
    own_hub.hear(b'{"gap": "x", "run": 3}')
    assert "ignored on the live channel" in caplog.text
