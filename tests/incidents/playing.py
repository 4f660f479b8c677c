"""Incidents played to their end by this process as a worker: real driver, real wiring, real
database, a person at the desk who answers as the incident says.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group, User

from approvals.models import Request
from runs.incidents import plays
from runs.incidents.incident import Incident, PersonsAnswer
from runs.incidents.plays import Play, PlayVerdict
from runs.models import Run
from runs.runtime import worker_process
from tests.patience import until
from tests.supervision import answering


@dataclass
class Desk:
    """Who starts incidents, and who answers what they ask."""

    starter: User
    approver: User

    def start(self, incident: Incident) -> Run:
        return plays.start(incident=incident, principal=self.starter, at=datetime.now(UTC))

    def played(self, incident: Incident) -> Play:
        """What came of it, once it is over or nobody answers."""
        run = self.start(incident)
        left = list(incident.answers)

        def over() -> Play | None:
            worker_process.advance(run.pk)
            play = plays.play_of(Run.objects.get(pk=run.pk))
            for request in answering.asked(run) if play.verdict is PlayVerdict.WAITS else ():
                said = next((each for each in left if each.tool == request.tool), None)
                if said is None:
                    return play
                left.remove(said)
                self.answer(request, said)
            return None if play.verdict in (PlayVerdict.GOING, PlayVerdict.WAITS) else play

        play = until(over, f"{incident.name} did not come to its end")
        assert play is not None
        return play

    def answer(self, request: Request, said: PersonsAnswer) -> None:
        """As many hours later as the incident says."""
        at = datetime.now(UTC) + timedelta(hours=said.after_hours)
        answering.answer(request, self.approver, said.act, at=at)


def person(name: str, group: str) -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    return user
