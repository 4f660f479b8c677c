"""When a guardian takes its worker for frozen, which commands have one,
and what it says of an end."""

import signal
import subprocess

import pytest

from console.stack import celery_worker, guardian
from console.stack.guardian import Guardian
from runs.runtime import lease, pulse
from runs.runtime.life import SILENCE, TICK, Silence


def test_a_frozen_worker_is_ended_while_it_still_holds_all_its_leases() -> None:
    assert lease.TTL - lease.BEAT - lease.MARGIN >= SILENCE


def test_guardian_and_worker_mean_the_same_signal() -> None:
    assert guardian.DUMP is pulse.DUMP


def test_a_worker_that_has_not_begun_to_take_messages_is_never_frozen() -> None:
    silence = Silence(0.0)
    for tick in range(1, 100):
        silence.passed(tick * TICK)
    assert not silence.too_long


def test_a_pulse_that_stays_away_is_a_worker_that_stands_still() -> None:
    silence = Silence(0.0)
    silence.beat()
    ticks = int(SILENCE / TICK)
    for tick in range(1, ticks):
        silence.passed(tick * TICK)
    assert not silence.too_long
    silence.passed(ticks * TICK)
    assert silence.too_long


def test_what_a_guardian_slept_through_itself_is_not_held_against_its_worker() -> None:
    silence = Silence(0.0)
    silence.beat()
    silence.passed(3_600.0)
    assert not silence.too_long


@pytest.mark.parametrize(
    ("arguments", "takes"),
    [
        ("-A console.celery worker -Q runs -P threads", True),
        ("-A console.celery worker --queues=runs", True),
        ("-A console.celery worker -Q runs,clock", True),
        ("-A console.celery worker", True),
        ("-A console.celery worker -Q clock", False),
        ("-A console.celery beat", False),
        ("-A console.celery inspect ping", False),
    ],
)
def test_every_worker_that_may_hold_leases_has_a_guardian(arguments: str, takes: bool) -> None:
    assert celery_worker.takes_runs(arguments.split()) is takes


def test_the_interpreters_own_last_words_come_before_other_lines() -> None:
    mine = Guardian(["true"])
    mine.lines.extend(
        [b"Fatal Python error: Segmentation fault", b"Thread 0x1", b"  File x", b"  File y"]
    )
    assert mine.last_words() == "Fatal Python error: Segmentation fault"


def test_what_became_of_a_worker_is_said_in_plain_words() -> None:
    mine = Guardian(["true"])
    mine.worker = subprocess.Popen(["true"])
    mine.worker.wait()
    assert mine.what_happened() == "ended: exit code 0"
    mine.worker.returncode = -signal.SIGKILL
    assert mine.what_happened() == "ended: SIGKILL"
    mine.frozen = 5.2
    assert mine.what_happened() == "stood still for 5 s and was ended"
