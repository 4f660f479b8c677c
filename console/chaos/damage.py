"""What is done to the house, one kind each: who is hit, and how it is taken back where it does not
heal by itself.

Kinds that hit the same ground (`area`) do not overlap: what came of two of them could not be told
apart.
"""

import contextlib
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

from console.chaos.stage import HouseAway, Stage, alive, descendants
from runs.runtime import lease

PAST_A_LEASE = 1.75 * lease.TTL
"""Seconds after which a lease is over, and whoever takes over what was under it has done so."""
FROZEN = 1.5 * lease.TTL
SHORT = 6.0
HEALING = 4.0
"""Seconds in which the house is well again where nothing has to be taken back."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A fault that was inflicted: who was hit, which runs were lost by it, and what repairs it
    after so many `seconds`; where nothing has to, in how many the house is well again.
    """

    pids: tuple[int, ...] = ()
    lost: int = 0
    frozen: bool = False
    seconds: float = 0.0
    back: Callable[[], None] | None = None


Inflict = Callable[[Stage, random.Random], Damage | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. `inflict` returns None where there is nothing to hit at the moment."""

    name: str
    area: str
    inflict: Inflict


def signalled(part: str, number: signal.Signals, heals: float = 0.0) -> Inflict:
    """The fault that sends the signal to one process of this part."""

    def inflict(stage: Stage, dice: random.Random) -> Damage | None:
        found = stage.tool_processes() if part == "tool process" else stage.part(part)
        if not found:
            return None
        pid = dice.choice(found)
        sent(pid, number)
        if number is not signal.SIGSTOP:
            return Damage((pid,), seconds=heals)
        return Damage((pid,), seconds=SHORT, back=lambda: sent(pid, signal.SIGCONT))

    return inflict


def worker(number: signal.Signals) -> Inflict:
    """The fault that sends the signal to a worker. One worker is always left alone, so that
    somebody can take the runs over.
    """

    def inflict(stage: Stage, dice: random.Random) -> Damage | None:
        found = stage.part("worker")
        if len(found) < 2:
            return None
        owners = [owner for _, owner in held(stage)]
        holding = [pid for pid in found if any(f":{pid}/" in owner for owner in owners)]
        if not holding:
            return None
        pid = dice.choice(holding)
        sent(pid, number)
        frozen = number is signal.SIGSTOP
        back = (lambda: sent(pid, signal.SIGCONT)) if frozen else None
        lasts = FROZEN if frozen else HEALING
        return Damage((pid,), lost=pid, frozen=frozen, seconds=lasts, back=back)

    return inflict


def held(stage: Stage) -> list[tuple[str, str]]:
    """Runs and in whose hands they are; none while nobody can tell."""
    try:
        found: list[tuple[str, str]] = stage.ask("held")
    except HouseAway:
        return []
    return found


def guardian_killed(stage: Stage, dice: random.Random) -> Damage | None:
    """Kill a guardian with every process below it."""
    found = stage.part("guardian")
    if len(found) < 2:
        return None
    pid = dice.choice(found)
    sent(pid, signal.SIGKILL)
    return Damage((pid,), seconds=HEALING)


def both_frozen(stage: Stage, dice: random.Random) -> Damage | None:
    """Freeze a guardian and every process below it until their leases have run out, as on a
    suspended host.
    """
    found = stage.part("guardian")
    if len(found) < 2:
        return None
    pid = dice.choice(found)
    family = (pid, *sorted(descendants(pid)))
    for each in family:
        sent(each, signal.SIGSTOP)

    def wake() -> None:
        for each in family:
            sent(each, signal.SIGCONT)

    return Damage(family, seconds=PAST_A_LEASE, back=wake)


def asked(verb: str, heals: float = 0.0, **facts: object) -> Inflict:
    """The fault that somebody with access to the servers inflicts."""

    def inflict(stage: Stage, _dice: random.Random) -> Damage | None:
        return Damage(seconds=heals) if stage.ask(verb, **facts) else None

    return inflict


def read_only(stage: Stage, _dice: random.Random) -> Damage | None:
    stage.ask("read_only", on=True)
    return Damage(seconds=SHORT, back=lambda: stage.surely("read_only", on=False))


def up_killed(stage: Stage, _dice: random.Random) -> Damage | None:
    """Kill the whole console by its front process; it is started again on the same data."""
    assert stage.up is not None
    family = descendants(stage.up.pid)
    os.kill(stage.up.pid, signal.SIGKILL)
    stage.up.wait()
    return Damage(tuple(family), seconds=1.0, back=stage.open)


def interpreter_held(stage: Stage, _dice: random.Random) -> Damage | None:
    stage.ask("start", script=HOLDING, count=1, name="chaos-holding")
    return Damage()


def sent(pid: int, number: signal.Signals) -> None:
    if alive(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


HOLDING = '[[step]]\ncall = { tool = "chaos_hold", args = { n = 1 } }\n[[step]]\nfinal = "done"\n'
KILL, STOP = signal.SIGKILL, signal.SIGSTOP
FAULTS: tuple[Fault, ...] = (
    Fault("worker killed", "worker", worker(KILL)),
    Fault("worker frozen", "worker", worker(STOP)),
    Fault("guardian killed", "worker", guardian_killed),
    Fault("guardian and worker frozen past a lease", "worker", both_frozen),
    Fault("tool process killed", "tools", signalled("tool process", KILL)),
    Fault("tool process frozen", "tools", signalled("tool process", STOP)),
    Fault("interpreter held by a tool", "tools", interpreter_held),
    Fault("web server killed", "web", signalled("web", KILL)),
    Fault("clock killed", "clock", signalled("clock", KILL)),
    Fault("clock frozen", "clock", signalled("clock", STOP)),
    Fault("beat killed", "clock", signalled("beat", KILL)),
    Fault("Redis killed", "redis", signalled("valkey", KILL)),
    Fault("Redis frozen", "redis", signalled("valkey", STOP)),
    Fault("Redis flushed", "redis", asked("flush")),
    Fault("PostgreSQL killed", "database", signalled("postgres", KILL, HEALING)),
    Fault("connections cut", "database", asked("cut", HEALING)),
    Fault("database read-only", "database", read_only),
    Fault("table locked", "database", asked("lock", SHORT, seconds=SHORT)),
    Fault("console killed", "console", up_killed),
)
EXCLUSIVE = frozenset({"console"})
"""Areas whose faults begin only when nothing else is broken."""
MEETS = {"worker": ("database",), "database": ("worker",)}
"""Areas whose faults wait until these are whole."""
