"""The house whose rows a large data set is: its agents and people, how many steps each run takes,
where it stands and when it began. Seeded, so that two sets of one size are the same.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

SEED = 2026
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=330)
RARE_WORD, RARE_TOOL, RARE_AGENT = "zanzibar", "close_account", "agent-19"
MODEL = "gpt-5-mini"
AGENTS, PEOPLE, LONG_STEPS = 20, 30, 5_000
LIVE_SHARE, MOST_LIVE, EVERY_LIVE, EVERY_BLOCK = 8, 11_765, 3, 20
TOOLS = ("get_order", "search_orders", "refund", "send_email", "get_customer", "list_tickets")
BAD = ("BUDGET_EXCEEDED", "LOOP_DETECTED", "RETRY_LIMIT_REACHED", "TIMEOUT", "TOOL_FAILURE")
CALM = ("USER_KILLED",)
NOUNS = "order refund customer parcel lamp shade invoice ticket address delivery".split()
VERBS = "check find refund answer close look prepare send compare repair".split()
HIDDEN, OPEN = "user_hidden", "visible"


@dataclass(frozen=True, slots=True)
class MadeStanding:
    """Where a run of the set stands: the columns of its row that say so."""

    status: str
    waiting_for: str = ""
    reason: str = ""
    final: bool = False


WAITS = MadeStanding("waiting", "approval")
LIVE = (
    *[WAITS] * 85,
    *[MadeStanding("running")] * 3,
    *[MadeStanding("queued")] * 3,
    *[MadeStanding("paused", reason="USER_PAUSED")] * 2,
    *[MadeStanding("paused", reason="BUDGET_EXCEEDED")] * 2,
    *[MadeStanding("paused", reason="LOOP_DETECTED")] * 2,
    MadeStanding("waiting", "in_doubt"),
    *[MadeStanding("waiting", "backoff")] * 2,
)


@dataclass(slots=True)
class LargeSet:
    """A set of so many runs and about so many events. `agents` and `people` are ids in the
    database.
    """

    runs: int
    events: int
    agents: Sequence[int]
    people: Sequence[int]
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    digests: Sequence[str] = ()
    sentences: Sequence[str] = ()

    def __post_init__(self) -> None:
        soup = [self.dice.randbytes(32).hex() for _ in range(4_096)]
        self.digests = [f"\\\\x{each}" for each in soup]
        words = [self.word() for _ in range(1_200)]
        self.sentences = [self.sentence(words) for _ in range(4_000)]

    def word(self) -> str:
        letters = self.dice.choices("abcdefghiklmnoprstuw", k=self.dice.randrange(3, 9))
        return "".join(letters)

    def sentence(self, words: list[str]) -> str:
        common = self.dice.choices(NOUNS, k=3)
        mixed = self.dice.choices(words[: self.dice.choice((100, 400, 1_200))], k=6)
        return " ".join((*common, *mixed)).capitalize() + "."

    @property
    def live(self) -> int:
        return min(MOST_LIVE, self.runs // LIVE_SHARE)

    @property
    def long_run(self) -> int:
        """The number of the run with `LONG_STEPS` steps."""
        return self.runs // 2

    def standing(self, number: int) -> MadeStanding:
        age = self.runs - 1 - number
        if age < EVERY_LIVE * self.live and not age % EVERY_LIVE:
            return LIVE[age // EVERY_LIVE % len(LIVE)]
        turn = number % 100
        if turn < 84 or number == self.long_run:
            return MadeStanding("completed", final=True)
        if turn < 96:
            return MadeStanding("stopped", reason=BAD[number // 100 % len(BAD)], final=True)
        return MadeStanding("stopped", reason=CALM[0], final=True)

    def is_one_of(self, number: int, every: int, block: int) -> bool:
        """Whether a run is one of a few: one of so many, whatever became of it, and all of a block
        of live runs, wherever they stand.
        """
        age = self.runs - 1 - number
        live = age < EVERY_LIVE * self.live and not age % EVERY_LIVE
        blocks = age // EVERY_LIVE // len(LIVE) % EVERY_BLOCK
        return number % every == block or (live and blocks == block)

    def agent(self, number: int) -> int:
        return AGENTS - 1 if self.is_one_of(number, 4_999, 7) else number % (AGENTS - 1)

    def person(self, number: int) -> int:
        return 0 if self.is_one_of(number, 199, 5) else 1 + number * 7 % (PEOPLE - 1)

    def key(self, number: int) -> str:
        """The run's id: spread over the whole range, so that a prefix of eight is one run's."""
        return str(UUID(int=(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))

    def correlation(self, number: int) -> str:
        return str(UUID(int=UUID(self.key(number)).int ^ (0x5DEECE66D << 90)))

    def created(self, number: int) -> datetime:
        return BEGIN + YEAR * number / self.runs

    def goal(self, number: int) -> str:
        verb, noun = VERBS[number % 10], NOUNS[number // 10 % 10]
        rare = f" from {RARE_WORD}" if number % (self.runs // 40 + 3) == 7 else ""
        said = self.sentences[number * 31 % len(self.sentences)]
        return f"{verb.capitalize()} {noun} {100_000 + number}{rare}. {said}"

    def asks(self, number: int) -> bool:
        """Whether the run has asked a person something, and perhaps waits for the answer."""
        standing = self.standing(number)
        return standing is WAITS or self.decided(number)

    def decided(self, number: int) -> bool:
        """Whether a person let a call of the run be made."""
        return self.standing(number).final and number % 20 == 9

    def size(self, number: int) -> int:
        """How many events the run has."""
        standing = self.standing(number)
        if standing.status == "queued":
            return 1
        ends = {"completed": 2, "stopped": 1}.get(standing.status, 0)
        return 2 + 3 * self.steps(number) + ends + self.decided(number)

    def steps(self, number: int) -> int:
        """How many steps its run takes, so that all runs together have the events asked for."""
        if number == self.long_run:
            return LONG_STEPS
        mean = max(self.events / self.runs - 4, 3) / 3
        return max(1, round(mean + (-0.5, 0.0, 0.0, 0.5)[number % 4]))
