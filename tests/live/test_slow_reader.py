"""A browser that stops reading: the server keeps its latest states, not its backlog, and nothing is
missing afterwards.
"""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from websockets.sync.client import ClientConnection

from console.live.publish import publish
from console.stack.processes import Running
from tests.live import sockets
from tests.live.sockets import frame
from tests.patience import Deadline

RUNS = 20
ROUNDS = 350
BULK = "x" * 4_000


def memory_kb(web: Running) -> int:
    status = Path(f"/proc/{web.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_falls_asleep_gets_the_latest_states_and_accounts_for_every_event(
    web: Running,
) -> None:
    runs = [str(uuid4()) for _ in range(RUNS)]
    address = urlsplit(web.url)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.connect((address.hostname, address.port))
    operator = sockets.signed_in("operator")
    with (
        sockets.dial(web, operator, sock=narrow) as sleeper,
        sockets.watch(web, operator, "fleet") as awake,
    ):
        sockets.say(sleeper, watch=["fleet"])
        assert sockets.hear(sleeper, "watching")
        before = memory_kb(web)
        for seq in range(1, ROUNDS + 1):
            for run in runs:
                publish(frame(run, seq, bulk=BULK))
        published = RUNS * ROUNDS
        assert published * len(BULK) > 25_000_000
        quick = follow(awake, runs)
        grown = memory_kb(web) - before
        slow = follow(sleeper, runs)
    assert grown < 15_000, "30 MB of frames went by; a sleeper must not hold them all"
    assert len(slow) < len(quick) < published
    for run in runs:
        for frames in (quick, slow):
            covered = [
                seq
                for one in frames
                if one["run"] == run
                for seq in range(one["from"], one["seq"] + 1)
            ]
            assert covered == list(range(1, ROUNDS + 1))


def follow(reader: ClientConnection, runs: list[str]) -> list[dict[str, Any]]:
    """Reads until every run has arrived at its last event."""
    waiting, read, patience = set(runs), [], Deadline("some run never arrived at its last event")
    while waiting:
        for one in json.loads(reader.recv(patience.left())).get("frames", ()):
            read.append(one)
            if one["seq"] == ROUNDS:
                waiting.discard(one["run"])
    return read
