"""What each answer does, in a sentence, where that is not obvious. Pure text."""

from collections.abc import Mapping
from dataclasses import dataclass

from approvals.rules.request_vocabulary import RequestKind
from runs.engine.vocabulary import AnswerAct


@dataclass(frozen=True, slots=True)
class AnswerConsequence:
    """`answer` is the word on the button."""

    answer: str
    does: str


GO_ON, STOP = "Continue", "Stop"
STOPPED = "The run ends here; what it did and can be undone is undone."
OF: Mapping[RequestKind, Mapping[AnswerAct, AnswerConsequence]] = {
    RequestKind.IN_DOUBT: {
        AnswerAct.HAPPENED: AnswerConsequence(
            "It happened",
            "The call counts as done with what you enter as its result; the run goes on after it.",
        ),
        AnswerAct.DID_NOT: AnswerConsequence(
            "It did not", "The call is made again, under the same key."
        ),
        AnswerAct.UNKNOWN: AnswerConsequence(
            "Nobody can tell",
            "The run stops as in doubt: nothing is made again, nothing is built on it. What it did"
            " before stays done. Of an undo: the rest is undone, and this one is left to a person.",
        ),
        AnswerAct.STOP: AnswerConsequence(
            STOP, "The run ends here; the call in doubt stays on record as such."
        ),
    },
    RequestKind.BUDGET: {
        AnswerAct.STOP: AnswerConsequence(STOP, STOPPED),
    },
    RequestKind.LOOP: {
        AnswerAct.APPROVE: AnswerConsequence(
            GO_ON,
            "It goes on where it stopped, and the loop counter starts again. A note reaches its"
            " record.",
        ),
        AnswerAct.STOP: AnswerConsequence(STOP, STOPPED),
    },
    RequestKind.ACCEPTANCE: {
        AnswerAct.APPROVE: AnswerConsequence(
            "Accept",
            "The run completes with this very answer; the record says that you overrode what is not"
            " met.",
        ),
        AnswerAct.RESPOND: AnswerConsequence(
            "Return with a note", "The agent reads your words and tries again, with all its tries."
        ),
        AnswerAct.DENY: AnswerConsequence(
            "Reject answer", "The run stops as not accepted. What it did stays done."
        ),
    },
    RequestKind.UNDO: {
        AnswerAct.APPROVE: AnswerConsequence(
            "Undo it",
            "What is listed is undone at once, the newest first. The run cannot be continued then.",
        ),
        AnswerAct.DENY: AnswerConsequence(
            "Leave it", "Nothing is undone now. Steps can still be chosen on the run's page."
        ),
    },
}


OF_AN_ENDED_RUN = (
    AnswerConsequence(
        "It happened", "It is undone, if its tool can undo it with what you enter as its result."
    ),
    AnswerConsequence("It did not", "There is nothing to undo; the run stays ended."),
    AnswerConsequence("Nobody can tell", "The call stays on record as of unknown outcome."),
)
"""Answers about a call that a kill left in doubt: the run does not go on."""


def consequences(kind: RequestKind, *, ended: bool = False) -> tuple[AnswerConsequence, ...]:
    """The answers' consequences in the order in which they are offered; none for a call, whose
    headline says what approving does.
    """
    return (
        OF_AN_ENDED_RUN
        if ended and kind is RequestKind.IN_DOUBT
        else tuple(OF.get(kind, {}).values())
    )
