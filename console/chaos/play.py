"""Chaos from its first run to its last word: keeps the load up, breaks something every few seconds,
lets the house rest, and compares.
"""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.chaos import call_story, damage, findings, world_book
from console.chaos.damage import EXCLUSIVE, FAULTS, MEETS, Damage, Fault
from console.chaos.findings import RunEnd, Takeover
from console.chaos.stage import HouseAway, Stage, staged

PAUSE = (0.7, 1.8)
"""Seconds between two faults, drawn anew each time."""
LIVE = 60
"""Runs that are kept going."""
ROUND = 0.25
REST = 240.0
"""Seconds in which all that goes on has to come to rest after the last fault."""
KILLED = 0.04
"""The share of runs that an operator kills in the middle."""
TOOLS = ("chaos_read", "chaos_put", "chaos_reserve", "chaos_charge", "chaos_send", "chaos_read")


@dataclass
class Chaos:
    """One play. `taken` holds the losses whose runs nobody else has in hand yet."""

    stage: Stage
    dice: random.Random
    say: Callable[[str], None]
    runs: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    broken: dict[str, tuple[float, Damage]] = field(default_factory=dict)
    losses: list[tuple[float, bool, list[str]]] = field(default_factory=list)
    kinds: list[Fault] = field(default_factory=list)

    def play(self, seconds: float) -> None:
        """Load and faults for so long, then repair and rest."""
        until = time.monotonic() + seconds
        due = time.monotonic() + 5.0
        while time.monotonic() < until:
            self.mend(time.monotonic())
            with contextlib.suppress(HouseAway):
                if time.monotonic() >= due:
                    due = time.monotonic() + self.dice.uniform(*PAUSE)
                    self.break_something()
                self.people()
            time.sleep(ROUND)
        self.mend(float("inf"))
        self.rest()

    def break_something(self) -> None:
        for fault in self.possible():
            held = damage.held(self.stage) if fault.area == "worker" else []
            at = time.time()
            hit = fault.inflict(self.stage, self.dice)
            if hit is not None:
                self.noted(fault, hit, at, held)
                return

    def noted(self, fault: Fault, hit: Damage, at: float, held: Sequence[tuple[str, str]]) -> None:
        self.kinds.remove(fault)
        self.done[fault.name] += 1
        self.say(f"{fault.name} {' '.join(map(str, hit.pids[:3]))}".strip())
        if hit.lost:
            marked = [run for run, owner in held if f":{hit.lost}/" in owner]
            self.losses.append((at, hit.frozen, marked))
        if hit.seconds:
            self.broken[fault.area] = (time.monotonic() + hit.seconds, hit)

    def possible(self) -> list[Fault]:
        """The faults that may come next, in their order. Every kind comes once before any comes
        again; one that would meet its like waits, and so does one that hits workers while the
        database is away by which they are taken over, and the other way round.
        """
        if not self.kinds:
            self.kinds = self.dice.sample(FAULTS, len(FAULTS))
        if EXCLUSIVE & set(self.broken):
            return []
        return [
            fault
            for fault in self.kinds
            if not self.broken.keys() & {fault.area, *MEETS.get(fault.area, ())}
            and not (fault.area in EXCLUSIVE and self.broken)
        ]

    def mend(self, now: float) -> None:
        """Repair what has lasted long enough."""
        for area, (until, hit) in list(self.broken.items()):
            if now >= until:
                if hit.back is not None:
                    hit.back()
                del self.broken[area]

    def people(self) -> None:
        """Keep the load up, settle calls in doubt, and kill a run now and then."""
        if EXCLUSIVE & set(self.broken):
            return
        found = self.stage.ask("look", runs=self.runs[-200:])
        live = [run for run, row in found.items() if row["status"] not in findings.ENDED]
        doubtful = [run for run in found if found[run]["waiting_for"] == "in_doubt"]
        if doubtful:
            self.stage.ask("settle", runs=doubtful)
        if len(live) < LIVE:
            count = LIVE - len(live)
            self.runs += self.stage.ask("start", script=load(self.dice), count=count, name="chaos")
        if live and self.dice.random() < KILLED * len(live) * ROUND / 8:
            self.stage.ask("kill", run=self.dice.choice(live))

    def rest(self) -> None:
        """Wait until each run has ended, and settle the calls in doubt meanwhile."""
        until = time.monotonic() + REST
        while time.monotonic() < until:
            found = self.stage.surely("look", runs=self.runs)
            going = [run for run, row in found.items() if row["status"] not in findings.ENDED]
            self.stage.surely("settle", runs=doubts(found))
            if not going and not doubts(found):
                return
            time.sleep(1.0)

    def figures(self) -> tuple[dict[str, int | float], list[str]]:
        """The figures of the play, and one sentence for each thing that was wrong."""
        lines = world_book.read(self.stage.folder)
        known = set(self.runs)
        lines = [line for line in lines if line.run in known]
        rows = self.stage.surely("look", runs=self.runs)
        ends = [self.end(run, rows[run]) for run in self.runs]
        taken = [each for loss in self.losses for each in self.takeovers(*loss)]
        wrong = [
            *(f"{kind} happened twice under {key}" for key, kind in findings.duplicates(lines)),
            *findings.lost(lines, ends),
            *(f"{run} is stuck: {rows[run]}" for run in findings.stuck(ends)),
            *(f"blamed: {said}" for said in findings.blamed(ends)),
        ]
        proved = bool(self.stage.surely("proved"))
        return findings.figures(lines, ends, self.done, taken, proved=proved), wrong

    def end(self, run: str, row: dict[str, Any]) -> RunEnd:
        events = [(kind, tool, outcome, data) for kind, tool, outcome, data in self.told(run)]
        return RunEnd(
            run,
            row["status"],
            row["waiting_for"],
            row["stop_reason"],
            calls=call_story.calls(run, events),
        )

    def told(self, run: str) -> Sequence[Any]:
        found: Sequence[Any] = self.stage.surely("events", run=run)
        return found

    def takeovers(self, at: float, frozen: bool, runs: Sequence[str]) -> list[Takeover]:
        """The takeovers: each run that was lost, with the seconds until another worker had it in
        hand.
        """
        first: dict[str, float] = {}
        for run, when in self.stage.surely("leased", runs=list(runs), since=at):
            first.setdefault(run, when)
        return [Takeover(run, frozen, when - at) for run, when in first.items()]


def doubts(found: dict[str, dict[str, Any]]) -> list[str]:
    return [
        run
        for run, row in found.items()
        if row["waiting_for"] == "in_doubt" or row["stop_reason"] == "KILLED_IN_DOUBT"
    ]


def load(dice: random.Random) -> str:
    """A plan of ten calls of some tenths of a second each, with the planner's time between them."""
    steps = [
        f'[[step]]\ndelay = {dice.uniform(0.05, 0.5):.2f}\ncall = {{ tool = "{dice.choice(TOOLS)}",'
        f" args = {{ n = {place}, seconds = {dice.uniform(0.02, 0.5):.2f} }} }}\n"
        for place in range(10)
    ]
    return "".join(steps) + '[[step]]\nfinal = "done"\n'


def play(
    minutes: float, seed: int, folder: Path, say: Callable[[str], None]
) -> tuple[dict[str, int | float], list[str]]:
    """Figures and what was wrong."""
    with staged(folder) as stage:
        chaos = Chaos(stage, random.Random(seed), say)  # noqa: S311  dice of a play
        chaos.play(minutes * 60)
        found, wrong = chaos.figures()
    wrong += [f"process {pid} was left behind" for pid in stage.left]
    return {**found, "left_behind": len(stage.left)}, wrong
