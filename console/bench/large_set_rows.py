"""The rows of a large data set: what its house has written in a year.

Digests and links are made up: reading is measured on it, never proving.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from console.bench.large_set_house import (
    BEGIN,
    CALM,
    HIDDEN,
    MODEL,
    NOUNS,
    OPEN,
    PEOPLE,
    RARE_TOOL,
    TOOLS,
    WAITS,
    LargeSet,
    MadeStanding,
)
from console.journal import content_words
from console.journal.content_words import VALUE, WORD
from console.journal.records import JournalRecord
from runs.search import letting_go

NO_STORY = UUID(int=0)


@cache
def digests(visibility: str, leaf: str) -> tuple[int, ...]:
    """The keys of one text of an event, as `content_words.of_content` takes it apart."""
    found = {(WORD, word) for word in content_words.words(leaf)}
    if len(leaf) <= content_words.LONGEST:
        found.add((VALUE, content_words.value(leaf)))
    return tuple(content_words.digest(visibility, *each) for each in found)


@cache
def envelope(visibility: str, *named: tuple[str, str]) -> tuple[int, ...]:
    texts = dict(named)
    found = content_words.named(texts) | content_words.of_tool(texts.get("tool", ""), "")
    return tuple(content_words.digest(visibility, *each) for each in found)


@cache
def act(visibility: str, kind: str, actor: str, person: str, word: str) -> tuple[int, ...]:
    """The keys of what a person let go on or decided, in this word."""
    record = JournalRecord(kind, BEGIN, actor, NO_STORY, person=person, data={"word": word})
    return tuple(content_words.digest(visibility, *each) for each in letting_go.names(record))


@dataclass(frozen=True, slots=True)
class CopiedEvent:
    """One event of the set: its row, and its keys, for COPY."""

    row: str
    keys: str


@dataclass(slots=True)
class MadeEvents:
    """The events of one run, written down one after the other: in step `step` (0: none) after so
    many `steps`.
    """

    house: LargeSet
    number: int
    first: int
    lines: list[CopiedEvent] = field(default_factory=list)
    step: int = 0
    steps: int = 0
    key: str = ""
    agent: str = ""
    correlation: str = ""
    person: str = ""
    at: datetime = BEGIN
    second: datetime = BEGIN

    def __post_init__(self) -> None:
        house, number = self.house, self.number
        self.key, self.agent = house.key(number), f"agent-{house.agent(number):02}"
        self.correlation = house.correlation(number)
        self.person = str(house.people[house.person(number)])
        self.at = house.created(number)
        self.second = self.at.replace(microsecond=0)

    def add(
        self,
        kind: str,
        actor: str,
        data: str,
        leaves: tuple[str, ...],
        *,
        once: tuple[str, ...] = (),
        tool: str = "",
        verdict: str = "",
        visibility: str = HIDDEN,
        person: str = "",
        usd: str = "\\N",
        model: str = "",
        word: str = "",
    ) -> None:
        """Add an event. `leaves` are its texts that others have as well, `once` those of its
        own, `word` what a person decided.
        """
        event, outcome = self.first + len(self.lines), "ok" if verdict else ""
        told = self.house.digests
        link, body, own = (told[(event * each) % 4_096] for each in (1, 7, 13))
        step = str(self.step) if self.step else "\\N"
        seconds = f"{self.second + timedelta(seconds=len(self.lines))}"
        row = (
            f"{event}\t{self.key}\t{len(self.lines) + 1}\t{link}\t2\t{seconds}\t{self.correlation}"
            f"\t\t{actor}\t{kind}\t{step}\t{tool}\t{outcome}\t{verdict}\t\t0\t0\t{usd}\t\\N"
            f"\t{visibility}\t{self.agent}\t{self.person}\t{model}\t\t{person}\t{data}\t{own[:35]}"
            f"\t{body}\t{own}\n"
        )
        found = set(
            envelope(
                visibility,
                ("kind", kind), ("actor", actor), ("tool", tool), ("agent", self.agent),
                ("outcome", outcome), ("verdict", verdict), ("person", person), ("model", model),
            )
        )  # fmt: skip
        found.update(act(visibility, kind, actor, person, word))
        for leaf in leaves:
            found.update(digests(visibility, leaf))
        for leaf in once:
            found.update(digests.__wrapped__(visibility, leaf))
        place = content_words.bucket(event)
        keys = ",".join([str(place | each) for each in found])
        self.lines.append(CopiedEvent(row, f"{event}\t{{{keys}}}\n"))

    def said(self, turn: int) -> str:
        return self.house.sentences[(self.number * 17 + turn * 101) % len(self.house.sentences)]

    def created(self) -> None:
        goal = self.house.goal(self.number)
        data = (
            f'{{"agent":"Agent","agent_name":"{self.agent}","goal":"{goal}","limits":{{"seconds":'
            '3600,"steps":6000,"tokens":1000000,"usd":"5"},"max_tokens_out":1000,"parallel":1,'
            '"planner":"scripted","principal":"ada","seed":7}'
        )
        actor = f"user:person-{self.house.person(self.number):02}"
        self.add("run.created", actor, data, (), once=(goal,), visibility=OPEN, person=self.person)

    def leased(self) -> None:
        self.add(
            "run.leased",
            "supervisor",
            '{"after":"","blamed":true,"epoch":1,"lost":false,"overhead":200,"owner":"w0",'
            '"price_in":"1","price_out":"4","window":null,"words":""}',
            (),
        )

    def next_step(self) -> None:
        self.steps += 1
        self.step = self.steps

    def stepped(self, turn: int) -> None:
        self.next_step()
        order, thought, answer = str(100_000 + self.number), self.said(turn), self.said(turn + 50)
        rare = self.number % 2_000 == 5 and turn == 0
        tool = RARE_TOOL if rare else TOOLS[(self.number + turn) % len(TOOLS)]
        call, failed = f"{self.step}.1", (self.number + turn * 7) % 37 == 0
        args = f'{{"note":"{NOUNS[turn % 10]}","order_id":{order}}}'
        self.add(
            "step.planned",
            "planner",
            f'{{"calls":[{{"args":{args},"id":"c{turn}","tool":"{tool}"}}],"context":208,'
            f'"final":null,"thought":"{thought}"}}',
            (thought,),
            usd="0.0013",
            model=MODEL,
        )
        self.add(
            "call.intended",
            "planner",
            f'{{"args":{args},"call":"{call}","effect":"read","idempotent":true,"key":"{call}",'
            f'"lookup":false,"ref":"c{turn}","timeout":10,"undo":false,"version":0}}',
            (NOUNS[turn % 10],),
            once=(order,),
            tool=tool,
        )
        self.add(
            "call.returned",
            "tool",
            f'{{"attempt":1,"call":"{call}","error":"","result":{{"order":{order},"text":"{answer}"'
            '},"retry":"","retry_at":null,"retry_rule":"","runway":"","sentence":"","version":0}',
            (answer,),
            once=(order,),
            tool=tool,
            verdict="failed" if failed else "succeeded",
        )

    def decided(self) -> None:
        who = self.number // 20 % PEOPLE
        data = '{"args":{},"call":"1.1","ref":"c0","sentence":"","word":"approve"}'
        self.add(
            "call.decided", f"user:person-{who:02}", data, (), tool="refund",
            person=str(self.house.people[who]), word="approve",
        )  # fmt: skip

    def ended(self, standing: MadeStanding) -> None:
        answer = self.said(99)
        if standing.status == "completed":
            final = f'{{"calls":[],"context":208,"final":"{answer}","thought":""}}'
            self.next_step()
            self.add("step.planned", "planner", final, (answer,), usd="0.0013", model=MODEL)
            self.step = 0
            data = f'{{"final":"{answer}"}}'
            self.add("run.completed", "supervisor", data, (answer,), visibility=OPEN)
        elif standing.final:
            data = f'{{"detail":"{answer}","facts":{{}},"reason":"{standing.reason}","version":0}}'
            self.step = 0
            actor = "user:person-05" if standing.reason in CALM else "supervisor"
            who = str(self.house.people[5]) if standing.reason in CALM else ""
            self.add("run.stopped", actor, data, (answer,), visibility=OPEN, person=who)


def events(house: LargeSet, number: int, first: int) -> MadeEvents:
    """The events of a run, the first of them with this id."""
    found, standing = MadeEvents(house, number, first), house.standing(number)
    found.created()
    if standing.status == "queued":
        return found
    found.leased()
    for turn in range(house.steps(number)):
        found.stepped(turn)
    if house.decided(number):
        found.decided()
    found.ended(standing)
    return found


def run_row(house: LargeSet, number: int, events: MadeEvents) -> str:
    """The row of a run for COPY, in the order of `RUN_COLUMNS`."""
    standing, at = house.standing(number), events.at
    agent, last = house.agent(number), at + timedelta(seconds=len(events.lines))
    snapshot = (
        f'{{"name":"{events.agent}","title":"Agent {agent:02}","planner":"scripted","prompt":"'
        f'{events.said(3)} {events.said(4)} {events.said(5)}","tools":["get_order","refund"]}}'
    )
    started = "\\N" if standing.status == "queued" else at.isoformat()
    detail = events.said(99) if standing.reason else ""
    late, leftover = int(number % 5_000 == 11), "tf"[number % 7_000 != 13]
    return "\t".join(
        (
            events.key, str(house.agents[agent]), snapshot, house.goal(number), events.person,
            "t", "f", events.correlation, "interactive", "6000", "1000000", "5", "3600",
            at.isoformat(), str(len(events.lines)), house.digests[number % 4_096], standing.status,
            standing.waiting_for, standing.reason, detail, "idle", last.isoformat(), "",
            str(events.steps), "1", "", "2000", "300", "0.0026", "f", "0", "0", "0", "0",
            started, last.isoformat() if standing.final else "\\N", "12", "0", "", "0",
            str(late), leftover,
        )
    ) + "\n"  # fmt: skip


RUN_COLUMNS = (
    "id", "agent_id", "snapshot", "goal", "principal_id", "by_right", "drill", "correlation_id",
    "priority", "max_steps", "max_tokens", "max_usd", "max_seconds", "created_at", "seq", "head",
    "status", "waiting_for", "stop_reason", "stop_detail", "phase", "phase_at", "control", "step",
    "calls", "tool", "tokens_in", "tokens_out", "usd", "usd_unknown", "reserved_tokens",
    "reserved_usd", "undone", "to_undo", "started_at", "ended_at", "active_seconds", "lease_epoch",
    "lease_owner", "takes", "late", "leftover",
)  # fmt: skip


REQUEST_COLUMNS = (
    "run_id", "kind", "call", "step", "tool", "proposed", "args", "effect", "undo", "rule",
    "sentence", "facts", "digest", "line", "tainted", "agent", "agent_title", "starter", "drill",
    "correlation_id", "stages", "stage", "\"group\"", "quorum", "four_eyes", "on_expiry",
    "escalate_to", "escalated", "version", "asked_at", "expires_at", "due", "status", "act",
    "decided_by", "decided_by_id", "note", "ended_at", "announced_at",
)  # fmt: skip
ASKED = ("refund", "send_email", "refund", RARE_TOOL)
PATIENCE = timedelta(days=500)


def request_row(house: LargeSet, number: int, events: MadeEvents) -> str:
    """What a run has asked, for COPY, in the order of `REQUEST_COLUMNS`."""
    waits, at = house.standing(number) is WAITS, events.at.isoformat()
    status, act = ("expired", "expire") if number % 3 == 0 else ("decided", "approve")
    due = (events.at + PATIENCE).isoformat()
    args = '{"amount": 12.5, "order_id": 1}'
    return "\t".join(
        (
            events.key, "call", "1.1", "1", ASKED[number % 4], args, args, "irreversible", "f",
            "asks", "", "{}", house.digests[number % 4_096][3:], f"order {100_000 + number}",
            "tf"[number % 50 > 0], events.agent, f"Agent {house.agent(number):02}", "ada", "f",
            events.correlation, '[["approver", 1]]', "0", "approver", "1", "f", "deny", "", "f",
            "1", at, due, due, "open" if waits else status, "" if waits else act,
            "" if waits else "user:ada", "", "", "\\N" if waits else due, at,
        )
    ) + "\n"  # fmt: skip
