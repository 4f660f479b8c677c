"""The live socket of a real web server: who gets in, what arrives, what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from console.live import socket_budget
from console.live.publish import publish
from console.stack.processes import Running
from tests.live import sockets
from tests.live.sockets import frame
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_session_it_closes_with_4401(web: Running) -> None:
    with sockets.dial(web) as socket:
        assert sockets.close_code(socket) == 4401


@pytest.mark.parametrize("key", ["x", "a" * 32, "%00" * 10, "é", '"'])
def test_a_made_up_session_closes_with_4401(web: Running, key: str) -> None:
    with sockets.dial(web, sockets.cookie(key)) as socket:
        assert sockets.close_code(socket) == 4401


def test_without_the_permission_to_see_runs_it_closes_with_4403(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("")) as socket:
        assert sockets.close_code(socket) == 4403


def test_another_sites_page_gets_no_socket(web: Running) -> None:
    with (
        pytest.raises(InvalidStatus, match="403"),
        sockets.dial(web, sockets.signed_in("operator"), origin="https://elsewhere.example"),
    ):
        pass


def test_it_speaks_first_with_the_time_and_the_state_of_the_feed(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("viewer")) as socket:
        beat = json.loads(socket.recv(PATIENCE))
    assert beat.keys() == {"beat", "every", "feed"}
    assert beat["feed"] == "up"


def test_a_frame_reaches_the_fleet_and_the_page_of_its_run_and_no_other(web: Running) -> None:
    run, other = str(uuid4()), str(uuid4())
    operator = sockets.signed_in("operator")
    with (
        sockets.watch(web, operator, "fleet") as fleet,
        sockets.watch(web, operator, f"run:{run}") as page,
        sockets.watch(web, operator, f"run:{other}") as elsewhere,
    ):
        publish(frame(run, 1, tool="charge_card"))
        publish(frame(other, 7))
        received = sockets.hear(page, "frames")
        assert received == [
            {
                "run": run,
                "seq": 1,
                "from": 1,
                "at": sockets.AT,
                "state": {"status": "running", "step": 1, "ended_at": None, "tool": "charge_card"},
                "kinds": ["step.planned"],
            }
        ]
        assert sockets.hear(fleet, "frames")[0]["run"] == run
        assert [one["run"] for one in sockets.hear(elsewhere, "frames")] == [other]


def test_a_viewer_never_hears_the_name_of_a_tool(web: Running) -> None:
    run = str(uuid4())
    with sockets.watch(web, sockets.signed_in("viewer"), "fleet") as viewer:
        publish(frame(run, 1, tool="charge_card", stop_detail="charge_card failed"))
        publish(frame(run, 2, tool="charge_card"))
        seen = sockets.hear(viewer, "frames")
    assert "charge_card" not in json.dumps(seen)
    assert seen[0]["state"]["status"] == "running"


def test_whoever_comes_back_is_told_how_far_the_journal_is(web: Running) -> None:
    moved, still, strange = sockets.chain(events=5), sockets.chain(events=3), str(uuid4())
    since = {moved: 2, still: 3, strange: 0}
    with sockets.watch(web, sockets.signed_in("viewer"), "fleet", since=since) as socket:
        assert sockets.hear(socket, "behind") == [{"run": moved, "seq": 5}]


def test_a_runs_page_that_says_nothing_of_what_it_has_read_is_told_everything(web: Running) -> None:
    run = sockets.chain(events=4)
    with sockets.watch(web, sockets.signed_in("viewer"), f"run:{run}") as socket:
        assert sockets.hear(socket, "behind") == [{"run": run, "seq": 4}]


def test_a_fleet_page_is_told_of_runs_that_moved_between_its_making_and_its_socket(
    web: Running,
) -> None:
    """A server that has only just begun to listen cannot vouch for it, and says that there is a
    gap.
    """
    run, person = str(uuid4()), sockets.person("viewer")

    def viewer() -> str:
        """A new session: one may open only so many sockets in a while."""
        return sockets.cookie(sockets.session_of(person))

    told: list[object] = []
    with sockets.watch(web, viewer(), "fleet") as earlier:

        def asked() -> bool:
            made = datetime.now(UTC)
            publish(frame(run, 3))
            sockets.hear(earlier, "frames")
            with sockets.watch(web, viewer(), "fleet", at=made.isoformat()) as later:
                key, value = sockets.hear_one_of(later, "behind", "gap")
            told[:] = value if key == "behind" else []
            return bool(told)

        until(asked, "the server remembers this long")
    assert {"run": run, "seq": 3} in told


def test_a_page_from_before_this_servers_memory_is_told_to_start_again(web: Running) -> None:
    with sockets.watch(
        web, sockets.signed_in("viewer"), "fleet", at="2020-01-01T00:00:00Z"
    ) as socket:
        assert sockets.hear(socket, "gap")


@pytest.mark.parametrize(
    "text",
    ["", "junk", "[" * 5_000, '{"kill": "all"}', '{"watch": ["run:1"]}', "\x00", '{"watch": 7}'],
)
def test_anything_but_a_control_request_to_watch_is_refused_in_words_and_the_socket_lives(
    web: Running, text: str
) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        socket.send(text)
        assert sockets.hear(socket, "error").endswith(".")
        sockets.say(socket, watch=["fleet"])
        assert sockets.hear(socket, "watching") == ["fleet"]


MALFORMED = (
    "null",
    "7",
    '"fleet"',
    "[]",
    "{}",
    '{"watch": null}',
    '{"watch": "fleet"}',
    '{"watch": {"fleet": 1}}',
    '{"watch": ["fleet"], "since": []}',
    '{"watch": ["fleet"], "since": {"x": 1}}',
    '{"watch": ["fleet"], "since": {"00000000-0000-0000-0000-000000000001": -1}}',
    '{"watch": ["fleet"], "since": {"00000000-0000-0000-0000-000000000001": 1e400}}',
    (
        '{"watch": ["fleet"], "since": {"00000000-0000-0000-0000-000000000001":'
        " 99999999999999999999999999}}"
    ),
    '{"watch": ["fleet"], "at": "yesterday"}',
    '{"watch": ["fleet"], "at": 7}',
    '{"watch": ["fleet"], "at": "2026-11-20T15:47:00"}',
    '{"watch": ["run:\\ud800"]}',
    '{"watch": ["run:\\u0000"]}',
    '{"watch": ["fleet"], "more": ' + "[" * 2_000 + "]" * 2_000 + "}",
)


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "admin", "auditor"])
def test_a_malformed_message_is_refused_in_words_whoever_sends_it_and_tells_nothing(
    web: Running, role: str
) -> None:
    who = sockets.signed_in(role)
    publish(frame(str(uuid4()), 1, tool="charge_card"))
    for message in MALFORMED:
        with sockets.dial(web, who) as socket:
            socket.send(message)
            said = sockets.hear(socket, "error")
        assert said.endswith("."), message
        assert "charge_card" not in said


def test_whoever_may_see_no_run_is_not_even_heard(web: Running) -> None:
    for message in MALFORMED[:3]:
        with sockets.dial(web, sockets.signed_in("")) as socket:
            with suppress(ConnectionClosed):
                socket.send(message)
            assert sockets.close_code(socket) == 4403


def test_bytes_are_refused_in_words(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        socket.send(b"\xff\x00")
        assert sockets.hear(socket, "error").endswith(".")


def test_who_insists_on_being_refused_is_closed_with_4400(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        for _ in range(3):
            socket.send("junk")
        assert sockets.close_code(socket) == 4400


def test_a_message_that_is_too_long_closes_with_4413(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        socket.send("x" * 200_000)
        assert sockets.close_code(socket) == 4413


def test_a_huge_message_is_not_even_read(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        with suppress(ConnectionClosed):
            socket.send(b"x" * 5_000_000)
        assert sockets.close_code(socket) in {1009, None}


def test_a_flood_of_messages_closes_with_4429(web: Running) -> None:
    with sockets.dial(web, sockets.signed_in("operator")) as socket:
        for _ in range(40):
            sockets.say(socket, watch=[])
        assert sockets.close_code(socket) == 4429


def test_a_session_that_holds_a_flood_of_sockets_gets_no_more_and_everybody_else_does(
    web: Running,
) -> None:
    eager, other = sockets.signed_in("operator"), sockets.signed_in("operator")
    with ExitStack() as held:
        for _ in range(socket_budget.MOST_HELD):
            held.enter_context(sockets.dial(web, eager))
        with pytest.raises(InvalidStatus, match="403"):
            held.enter_context(sockets.dial(web, eager))
        held.enter_context(sockets.watch(web, other, "fleet"))


def test_nothing_a_browser_said_left_a_traceback(web: Running) -> None:
    """Last of those above on purpose: the server is shared by them."""
    assert "Traceback" not in web.log.read_text()


def test_five_hundred_browsers_come_back_at_once(web: Running) -> None:
    keys = [sockets.signed_in("viewer") for _ in range(20)]
    run = str(uuid4())
    with ExitStack() as opened, ThreadPoolExecutor(50) as pool:
        come = [sockets.watch(web, keys[number % 20], "fleet") for number in range(500)]
        back = list(pool.map(opened.enter_context, come))
        publish(frame(run, 1))
        assert all(sockets.hear(socket, "frames")[-1]["run"] == run for socket in back)


def test_an_idle_socket_lives_on_heartbeats(web: Running) -> None:
    """Longer than any five-second socket timeout on the way, a beat a second, then a frame."""
    run = str(uuid4())
    with sockets.watch(web, sockets.signed_in("viewer"), "fleet") as socket:
        began = monotonic()
        beats = 0
        while monotonic() - began < 7:
            assert sockets.hear(socket, "beat")
            beats += 1
        assert beats >= 4
        publish(frame(run, 1))
        assert sockets.hear(socket, "frames")[-1]["run"] == run
