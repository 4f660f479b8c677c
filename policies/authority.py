"""Who may decide: the one answer for every verb that lets a run go on, or says what became of it.
Pure.

Services refuse by it, pages show its sentence and enable their buttons by it, and the record names
what it let through.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a person may want to do. DECIDE is any answer to a request: approve, edit, deny,
    respond, stop, accept, escalate.
    """

    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"
    REQUEUE = "requeue"
    SETTLE = "settle"
    DECIDE = "decide"
    RAISE = "raise"
    EXTEND = "extend"
    CONTINUE = "continue"
    RELEASE = "release"
    UNDO = "undo"


class Why(StrEnum):
    """The reason of a refusal, as a word for programs."""

    NOT_AN_OPERATOR = "not_an_operator"
    NOT_AN_APPROVER = "not_an_approver"
    OTHER_GROUP = "other_group"
    OWN_RUN = "own_run"
    UNFIT = "unfit"


class Subject(StrEnum):
    """What a request asks, as in `approvals.rules.request_vocabulary.RequestKind`."""

    CALL = "call"
    IN_DOUBT = "in_doubt"
    BUDGET = "budget"
    LOOP = "loop"
    ACCEPTANCE = "acceptance"
    UNDO = "undo"


HOLDING = frozenset({Subject.BUDGET, Subject.LOOP, Subject.ACCEPTANCE})
"""Requests that keep a run paused: whoever resumes the run answers them."""
QUESTIONS: Mapping[str, str] = {
    Subject.CALL: "may this call be made?",
    Subject.IN_DOUBT: "did the call happen?",
    Subject.BUDGET: "may it go on?",
    Subject.LOOP: "may it go on?",
    Subject.ACCEPTANCE: "is its answer accepted?",
    Subject.UNDO: "is what it did undone?",
}
NOUNS = frozenset({"approver", "admin", "operator", "auditor", "viewer"})
"""What members of the house's own groups are called; any other group keeps its name."""
OPERATORS = "Only operators may do this; ask an admin for the operator group."
LIMIT_GUARDS = "Raising a run's limit takes somebody who may edit budgets."
BUDGET_GUARDS = "Raising a budget takes somebody who may edit budgets."
PULLERS = "Only operators pull and release halt levers."
KILLED = "A kill was requested; the run will not go on."


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, by an opaque id: what they are called decides nothing.

    `approver`: may decide requests at all.

    `everywhere`: counts as a member of every group (superusers).

    `operator` works runs, `budget_guard` edits budgets, `puller` pulls halt levers and lets go of
    them.
    """

    id: str
    groups: frozenset[str] = frozenset()
    approver: bool = True
    everywhere: bool = False
    operator: bool = False
    budget_guard: bool = False
    puller: bool = False

    def member(self, group: str) -> bool:
        return self.everywhere or group in self.groups


@dataclass(frozen=True, slots=True)
class Question:
    """An open request as far as it matters who answers it. `alone`: one yes decides it.

    `starter` is the id of who started the run.
    """

    subject: Subject
    group: str
    quorum: int = 1
    alone: bool = True
    four_eyes: bool = False
    starter: str = ""


@dataclass(frozen=True, slots=True)
class RunPosition:
    """Where the run stands, in the engine's words. `narrowed_by`: the id of whoever started it with
    less than its agent allows, while it has less.
    """

    status: str
    control: str = ""
    narrowed_by: str = ""


@dataclass(frozen=True, slots=True)
class No:
    """A refusal, with a sentence for whoever asked."""

    why: Why
    sentence: str


def refused(verb: Verb, who: Person, run: RunPosition, asked: Question | None = None) -> No | None:
    """Why `who` may not do it, as the run stands and with what it asks; None when they may. First
    who they are is checked, then whether it can be done now.
    """
    return GATES[verb](who, run, asked)


def operating(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    return None if who.operator else No(Why.NOT_AN_OPERATOR, OPERATORS)


def deciding(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    """Why `who` may not answer the open request; where none is open there is nothing to decide."""
    return decides(who, asked) if asked else No(Why.UNFIT, "Nothing is asked any more.")


def decides(who: Person, asked: Question) -> No | None:
    if not who.approver:
        return No(Why.NOT_AN_APPROVER, f"{whom(asked)}: {QUESTIONS[asked.subject]} You may look.")
    if not who.member(asked.group):
        return No(
            Why.OTHER_GROUP,
            f"{whom(asked)}: {QUESTIONS[asked.subject]} You are not in the group “{asked.group}”.",
        )
    if asked.four_eyes and who.id == asked.starter:
        return No(Why.OWN_RUN, "You started this run, so somebody else has to decide.")
    return None


def whom(asked: Question) -> str:
    """`An approver decides`, `2 of “finance” decide`."""
    if asked.quorum > 1:
        return f"{asked.quorum} of “{asked.group}” decide"
    if asked.group not in NOUNS:
        return f"Somebody of “{asked.group}” decides"
    return f"{'An' if asked.group[0] in 'aeiou' else 'A'} {asked.group} decides"


def resuming(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    """Why `who` may not resume the run. A pause that asks people is ended by the people who are
    asked; where more than one has to agree, only by their answers.
    """
    if asked is None or asked.subject not in HOLDING:
        return operating(who, run, asked) or not_paused(run)
    return decides(who, asked) or not_paused(run) or unanswered(asked)


def unanswered(asked: Question) -> No | None:
    if asked.subject is Subject.ACCEPTANCE:
        return No(
            Why.UNFIT,
            "Its final answer waits for a word: accept it as it is, send it back or stop the run."
            " Resuming decides nothing.",
        )
    return (
        None
        if asked.alone
        else No(
            Why.UNFIT, f"{whom(asked)}: answer the request, resuming would be one vote for all."
        )
    )


def not_paused(run: RunPosition) -> No | None:
    if run.control == "kill":
        return No(Why.UNFIT, KILLED)
    if run.status == "paused" or run.control == "pause":
        return None
    return No(Why.UNFIT, f"Only a paused run can be resumed; this one is {run.status}.")


def settling(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    """Why `who` may not say whether a call, or the undo of a run that is being undone, happened.
    Where nobody is asked, anybody who works runs may.
    """
    no = (
        decides(who, asked)
        if asked and asked.subject is Subject.IN_DOUBT
        else operating(who, run, asked)
    )
    return no or (
        No(Why.UNFIT, KILLED) if run.control == "kill" and run.status != "compensating" else None
    )


def raising(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    return deciding(who, run, asked) or (None if who.budget_guard else No(Why.UNFIT, BUDGET_GUARDS))


def extending(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    """Why `who` may not raise a limit of the run. It is money and time like a shared budget, so the
    same people raise both; whoever asked for less than the agent allows may go back to that.
    """
    if who.budget_guard or (who.operator and who.id == run.narrowed_by):
        return None
    return No(Why.UNFIT if who.operator else Why.NOT_AN_OPERATOR, LIMIT_GUARDS)


def releasing(who: Person, run: RunPosition, asked: Question | None) -> No | None:
    return None if who.puller else No(Why.NOT_AN_OPERATOR, PULLERS)


GATES: Mapping[Verb, Callable[[Person, RunPosition, Question | None], No | None]] = {
    Verb.PAUSE: operating,
    Verb.RESUME: resuming,
    Verb.KILL: operating,
    Verb.REQUEUE: operating,
    Verb.SETTLE: settling,
    Verb.DECIDE: deciding,
    Verb.RAISE: raising,
    Verb.EXTEND: extending,
    Verb.CONTINUE: operating,
    Verb.RELEASE: releasing,
    Verb.UNDO: operating,
}
