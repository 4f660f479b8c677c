"""Runs' leases in memory: what `runs.runtime.lease` and `runs.runtime.losses` do in SQL, done in
plain Python.

Held to the same conformance suite as PostgreSQL's.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from runs.runtime import lease
from runs.runtime.blame import UNSEEN, Loss, LostRun, lost
from runs.runtime.lease import Beat, Lease
from runs.simulation.lives import SimulatedRun

LATER = timedelta(microseconds=1)
"""Whoever looks at the clock again finds a later time."""
Losing = Callable[[Sequence[LostRun]], None]
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def unseen(held: Sequence[LostRun]) -> None:
    """Does nothing: nobody looks."""


class Leases:
    """The leases of all runs. `clock` is the database's; `losing` is told what lost workers
    held.
    """

    def __init__(self, clock: Callable[[], datetime], losing: Losing = unseen) -> None:
        self.clock, self.losing = clock, losing
        self.lives: dict[UUID, SimulatedRun] = {}

    def acquire(self, run: UUID, owner: str, *, suspects: bool = True) -> Lease | None:
        held = self.acquired(run, owner, suspects=suspects)
        if held is None and self.lose_expired_with(run):
            held = self.acquired(run, owner, suspects=suspects)
        return held

    def acquired(self, run: UUID, owner: str, *, suspects: bool) -> Lease | None:
        life, now = self.lives[run], self.clock()
        row = life.row
        if not (life.runnable(now) and life.free(now) and (suspects or not row["suspect"])):
            return None
        lost = row["lease_expires_at"] is not None
        life.epoch += 1
        row |= {
            "lease_owner": owner,
            "takes": row["takes"] + 1,
            "lease_expires_at": self.lasting(lease.TTL),
        }
        return Lease(
            run,
            owner,
            life.epoch,
            life.snapshot,
            life.correlation_id,
            "anna",
            None,
            row["takes"],
            lost,
            row["crashes"],
            row["blamed"],
            row["suspect"],
            row["lost_after"],
            row["lost_words"],
        )

    def lasting(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)

    def renew(self, runs: Sequence[UUID], owner: str) -> list[Beat]:
        held = [self.lives[run] for run in runs if self.lives[run].owner == owner]
        for life in held:
            life.row["lease_expires_at"] = self.lasting(lease.TTL)
        return [Beat(life.run, life.epoch, str(life.row["control"])) for life in held]

    def keep(self, run: UUID, owner: str, epoch: int) -> bool:
        life = self.lives[run]
        if life.owner != owner or life.epoch != epoch:
            return False
        life.row["lease_expires_at"] = self.lasting(lease.TTL)
        return True

    def release(self, run: UUID, epoch: int) -> None:
        if self.lives[run].epoch == epoch:
            self.lives[run].row |= {"lease_owner": "", "lease_expires_at": None, "takes": 0}

    def hold_off(self, run: UUID, epoch: int, seconds: float) -> None:
        if self.lives[run].epoch == epoch:
            resting = {"lease_owner": "", "lease_expires_at": self.lasting(seconds)}
            self.lives[run].row |= resting | {"blamed": True, "lost_after": "", "lost_words": ""}

    def lose(self, owner: str, loss: Loss) -> list[UUID]:
        """Take the leases of a worker that is known to be gone; returns its runs."""
        return self._lose([life for life in self.lives.values() if life.owner == owner], loss)

    def lose_expired(self) -> list[UUID]:
        now = self.clock()
        return self._lose([life for life in self.lives.values() if life.expired(now)])

    def lose_expired_with(self, run: UUID) -> bool:
        life, now = self.lives[run], self.clock()
        mates = [
            each for each in self.lives.values() if each.owner == life.owner and each.expired(now)
        ]
        return bool(self._lose(mates if life.expired(now) else []))

    def _lose(self, lives: Sequence[SimulatedRun], loss: Loss = UNSEEN) -> list[UUID]:
        held = [life.held for life in lives]
        self.losing(held)
        until = self.clock() - LATER
        ended = {"lease_owner": "", "lease_expires_at": until, "lost_words": loss.words}
        for each in lost(held, loss):
            facts = {"takes": each.takes, "blamed": each.blamed, "crashes": each.crashes}
            more = {"suspect": each.suspect, "lost_after": each.after}
            self.lives[each.run].row |= ended | facts | more
        return [each.run for each in held]

    def unheld(self) -> list[UUID]:
        """Runs with something to do that nobody holds, oldest first, without suspects."""
        return [life.run for life in self._wanted() if not life.row["suspect"]]

    def suspects(self, most: int) -> list[UUID]:
        """The suspects that nobody holds; the one whose call began last comes first."""
        found = [life for life in self._wanted() if life.row["suspect"]]
        newest = sorted(found, key=lambda life: life.row["phase_at"] or BEFORE_ALL, reverse=True)
        return [life.run for life in newest][:most]

    def suspected(self, run: UUID) -> bool:
        """Whether the run is a suspect that nobody holds and that has something to do."""
        return bool(self.lives[run].row["suspect"]) and self.wanted(run)

    def wanted(self, run: UUID) -> bool:
        """Whether a free run has something to do."""
        life, now = self.lives[run], self.clock()
        return life.runnable(now) and life.free(now)

    def _wanted(self) -> list[SimulatedRun]:
        now = self.clock()
        return [life for life in self.lives.values() if life.runnable(now) and life.free(now)]
