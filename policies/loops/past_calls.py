"""What is remembered of one call or message, and how a new one is compared with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from policies.loops import comparable
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import CallObserved

COMPARED = 600  # characters of an answer: what is alike up to there is alike


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call as it is remembered: the beginnings for likeness, the digests for sameness."""

    index: int
    tool: str
    asked: str
    answered: str
    ask: bytes
    answer: bytes
    failed: bool
    letter: bytes = b""  # digest of the answer to the letter, moments and digests in it included
    picked: frozenset[int] | None = None  # the words of its arguments, None when they are prose
    progress: bool = False  # it changed the world in a new way
    swept: bool = False  # it was one thing after the other that was looked at
    moved: bool = False  # it was answered as never before: what it asks about has gone on
    acts: bool = True  # its tool changes the world
    turn: int = 0  # how often somebody outside had spoken by then
    charge: float = 0.0  # what it added to the pressure, given back when a retry of it works

    @property
    def control_requests(self) -> bool:
        """Whether a call asks for something in free text and has not changed the world."""
        return self.picked is None and not self.progress

    def same_ask(self, other: "PastCall") -> bool:
        return self.tool == other.tool and self.ask == other.ask

    def same(self, other: "PastCall") -> bool:
        return self.same_ask(other) and self.answer == other.answer


@dataclass(frozen=True, slots=True)
class PastMessage:
    """One message as it is remembered."""

    index: int
    text: str
    turn: int = 0


def remembered(
    called: CallObserved, answered: str, limits: LoopThresholds, turn: int = 0
) -> PastCall:
    """A call without its judgement. `answered` is the plain text of its result."""
    asked = comparable.canonical(comparable.without_nonces(called.args))
    return PastCall(
        index=called.index,
        tool=called.tool,
        asked=asked[: limits.args_chars],
        answered=answered[:COMPARED],
        ask=comparable.digest(asked),
        answer=comparable.digest(answered),
        failed=called.failed,
        letter=comparable.digest(called.result),
        picked=comparable.picked(called.args),
        acts=called.acts,
        turn=turn,
    )


def alike(one: str, other: str, at_least: float) -> bool:
    return one == other or fuzz.ratio(one, other, score_cutoff=at_least) > 0


def closest_ask(call: PastCall, earlier: Sequence[PastCall]) -> float:
    """How alike (0 to 1) a call's arguments are to the most similar ones of the same tool."""
    return max(
        (
            1.0 if call.ask == one.ask else fuzz.ratio(call.asked, one.asked) / 100
            for one in earlier
        ),
        default=0.0,
    )
