"""Those who decide: people who look at a card and answer it a while later, the clock, and somebody
who kills runs.
"""

from collections.abc import Iterator

from approvals.request_simulation.request_store import RequestInMemory
from approvals.request_simulation.request_world import MOST, AskingRun, RequestWorld
from approvals.rules import eligibility, voting
from approvals.rules.card import Answer, CountedVote
from approvals.rules.request_vocabulary import SETTLING, UNDO, YES, RequestKind
from policies.authority import Person
from policies.decision import DecisionKind
from runs.engine import events as e
from runs.engine import outcomes
from runs.engine.ports import Happened, ToolCall
from runs.engine.vocabulary import FINAL, AnswerAct, Control, RunStatus

ACTS = (
    AnswerAct.APPROVE,
    AnswerAct.APPROVE,
    AnswerAct.APPROVE,
    AnswerAct.EDIT,
    AnswerAct.EDIT,
    AnswerAct.DENY,
    AnswerAct.RESPOND,
    AnswerAct.STOP,
    AnswerAct.ESCALATE,
)


def decider(world: RequestWorld, who: Person) -> Iterator[None]:
    """Looks at an open card, thinks, and answers what they saw: by then it may be somebody else's,
    changed, or over.
    """
    while True:
        found = world.store.open()
        row = world.dice.choice(found) if found else None
        if row is None:
            yield
            continue
        answer = thought_up(world, row)
        for _ in range(world.dice.randint(1, 4)):
            yield
        decide(world, row, who, answer)
        if world.dice.random() < 0.05:
            decide(world, row, who, answer)  # the same form once more


def thought_up(world: RequestWorld, row: RequestInMemory) -> Answer:
    act = world.dice.choice(ACTS)
    if row.opened.kind is RequestKind.IN_DOUBT:
        act = (
            AnswerAct.HAPPENED
            if world.happened(world.runs[row.run], row.opened.call)
            else AnswerAct.DID_NOT
        )
    args = {"n": world.dice.choice((7, 70, 700, MOST + 1))} if act is AnswerAct.EDIT else None
    return Answer(
        act,
        row.digest,
        row.version,
        args,
        note="because" if act is AnswerAct.RESPOND or act in SETTLING else "",
    )


def decide(world: RequestWorld, row: RequestInMemory, who: Person, answer: Answer) -> bool:
    """The steps of the service, with memory for rows: judge the answer, check edited arguments by
    the rules, count it, and do what follows.
    """
    life = world.runs[row.run]
    card = row.card(killed=life.killed)
    if eligibility.refused(card, row.votes, who, answer, world.now):
        return False
    if answer.args is not None and answer.act in YES and not lets_through(world, life, row, answer):
        return False
    result = voting.outcome(card, row.votes, who, answer, row.opened.args, world.now)
    args = row.args if answer.args is None else answer.args
    row.votes.append(CountedVote(who.id, row.stage, answer.act, args, world.now))
    match result:
        case voting.Final():
            return finish(world, life, row, result, who.id)
        case voting.Counted() | voting.NextStage():
            row.version += result.args != row.args or isinstance(result, voting.NextStage)
            row.args = result.args
            row.stage = result.stage if isinstance(result, voting.NextStage) else row.stage
        case voting.Escalated():
            escalate(world, row)
    return True


def lets_through(
    world: RequestWorld, life: AskingRun, row: RequestInMemory, answer: Answer
) -> bool:
    call = ToolCall(row.opened.call, row.opened.tool, answer.args or {})
    decision = life.rules.may_call(life.state, call, None, world.now)
    return decision.kind in (DecisionKind.ALLOW, DecisionKind.ASK)


def finish(
    world: RequestWorld, life: AskingRun, row: RequestInMemory, final: voting.Final, by: str
) -> bool:
    opened = row.opened
    if opened.kind is RequestKind.IN_DOUBT and not outcomes.in_doubt(life.state):
        # somebody's word on another call of the run has just woken it; the service refuses with
        # that sentence
        return False
    if opened.kind is RequestKind.IN_DOUBT:
        happened = Happened.YES if final.act is AnswerAct.HAPPENED else Happened.NO
        undo, call = life.state.undoing is not None, opened.call.removeprefix(UNDO)
        settled = e.CallSettled(
            at=world.now,
            actor=by,
            step=opened.step,
            tool=opened.tool,
            call=call,
            happened=happened,
            undo=undo,
        )
        after = outcomes.after_undo_settlement if undo else outcomes.after_settlement
        return world.commit(life, after(life.state, settled), None, len(life.journal))
    args = final.args if final.act in YES else None
    decided = e.CallDecided(
        at=world.now,
        actor=by,
        step=opened.step,
        tool=opened.tool,
        call=opened.call,
        word=final.word,
        args=args,
    )
    return world.commit(life, [decided], None, len(life.journal))


def escalate(world: RequestWorld, row: RequestInMemory) -> None:
    row.terms = row.terms.escalated(row.stage)
    row.stage, row.version, row.escalated = row.stage + 1, row.version + 1, True
    row.expires_at = row.terms.expires_at(world.now)


def clock(world: RequestWorld) -> Iterator[None]:
    """Ends what is due, one request after the other, as the sweep does."""
    while True:
        for row in world.store.open():
            if (
                row.opened.kind is RequestKind.CALL
                and row.expires_at is not None
                and row.expires_at <= world.now
            ):
                expire(world, row)
                yield
        yield


def expire(world: RequestWorld, row: RequestInMemory) -> None:
    life = world.runs[row.run]
    if not row.is_open:
        return
    end = voting.at_expiry(row.card(killed=life.killed))
    if isinstance(end, voting.Final):
        finish(world, life, row, end, "clock")
    else:
        escalate(world, row)


def killer(world: RequestWorld, most: int) -> Iterator[None]:
    """Kills a few runs, whatever they are doing."""
    for _ in range(most):
        for _ in range(world.dice.randint(5, 400)):
            yield
        life = world.dice.choice(list(world.runs.values()))
        state = life.state
        if (
            state.status not in FINAL
            and state.status is not RunStatus.COMPENSATING
            and state.control is not Control.KILL
        ):
            world.commit(
                life, [e.KillRequested(at=world.now, actor="user:killer")], None, len(life.journal)
            )
