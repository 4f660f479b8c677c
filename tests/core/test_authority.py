"""Who decides: every verb, by every kind of person, over every request; services, pages and the
record ask this one gate.
"""

import pytest

from approvals.rules.pause_requests import ASKED_AT_A_PAUSE
from approvals.rules.request_vocabulary import RequestKind
from policies import authority
from policies.authority import Person, Question, RunPosition, Subject, Verb, Why
from runs.engine.stop_reasons import ASKS_PEOPLE

VIEWER = Person("user:vera", frozenset({"viewer"}), approver=False)
OPERATOR = Person("user:otto", frozenset({"operator"}), approver=False, operator=True, puller=True)
APPROVER = Person("user:ada", frozenset({"approver"}))
ADMIN = Person("user:adam", frozenset({"admin"}), operator=True, budget_guard=True, puller=True)
AUDITOR = Person("user:udo", frozenset({"auditor"}), approver=False)
ROOT = Person("user:root", everywhere=True, operator=True, budget_guard=True, puller=True)
PEOPLE = {
    "viewer": VIEWER,
    "operator": OPERATOR,
    "approver": APPROVER,
    "admin": ADMIN,
    "auditor": AUDITOR,
    "root": ROOT,
}

PAUSED, WAITING = RunPosition("paused"), RunPosition("waiting")
ASKED = {subject: Question(subject, "approver") for subject in Subject}
WORKS_RUNS = {"operator", "admin", "root"}
DECIDES = {"approver", "root"}
NOBODY: set[str] = set()

CASES: list[tuple[Verb, RunPosition, Question | None, set[str]]] = [
    (Verb.PAUSE, RunPosition("running"), None, WORKS_RUNS),
    (Verb.KILL, RunPosition("running"), None, WORKS_RUNS),
    (Verb.KILL, PAUSED, ASKED[Subject.LOOP], WORKS_RUNS),
    (Verb.REQUEUE, RunPosition("stopped"), None, WORKS_RUNS),
    (Verb.RESUME, PAUSED, None, WORKS_RUNS),
    (Verb.RESUME, PAUSED, ASKED[Subject.CALL], WORKS_RUNS),
    (Verb.RESUME, RunPosition("running", "pause"), None, WORKS_RUNS),
    (Verb.RESUME, RunPosition("running"), None, NOBODY),
    (Verb.RESUME, RunPosition("paused", "kill"), None, NOBODY),
    (Verb.RESUME, RunPosition("paused", "kill"), ASKED[Subject.LOOP], NOBODY),
    (Verb.RESUME, PAUSED, ASKED[Subject.LOOP], DECIDES),
    (Verb.RESUME, PAUSED, ASKED[Subject.BUDGET], DECIDES),
    (Verb.RESUME, PAUSED, ASKED[Subject.ACCEPTANCE], NOBODY),
    (Verb.RESUME, PAUSED, Question(Subject.LOOP, "approver", quorum=2, alone=False), NOBODY),
    (Verb.RESUME, PAUSED, Question(Subject.LOOP, "admin"), {"admin", "root"}),
    (Verb.SETTLE, WAITING, ASKED[Subject.IN_DOUBT], DECIDES),
    (Verb.SETTLE, WAITING, Question(Subject.IN_DOUBT, "admin"), {"admin", "root"}),
    (Verb.SETTLE, WAITING, None, WORKS_RUNS),
    (Verb.SETTLE, RunPosition("waiting", "kill"), ASKED[Subject.IN_DOUBT], NOBODY),
    *((Verb.DECIDE, WAITING, asked, DECIDES) for asked in ASKED.values()),
    (Verb.DECIDE, WAITING, None, NOBODY),
    (Verb.RAISE, PAUSED, ASKED[Subject.BUDGET], {"root"}),
    (Verb.RAISE, PAUSED, Question(Subject.BUDGET, "admin"), {"admin", "root"}),
    (Verb.EXTEND, RunPosition("stopped"), None, {"admin", "root"}),
    (Verb.CONTINUE, RunPosition("stopped"), None, WORKS_RUNS),
    (Verb.UNDO, RunPosition("completed"), None, WORKS_RUNS),
    (Verb.RELEASE, PAUSED, None, WORKS_RUNS),
]


@pytest.mark.parametrize(("verb", "run", "asked", "may"), CASES)
def test_a_verb_is_for_these_people_and_nobody_else(
    verb: Verb, run: RunPosition, asked: Question | None, may: set[str]
) -> None:
    found = {
        name for name, who in PEOPLE.items() if authority.refused(verb, who, run, asked) is None
    }
    assert found == may


@pytest.mark.parametrize(("verb", "run", "asked", "may"), CASES)
def test_whoever_may_not_is_told_in_a_sentence(
    verb: Verb, run: RunPosition, asked: Question | None, may: set[str]
) -> None:
    for name in PEOPLE.keys() - may:
        no = authority.refused(verb, PEOPLE[name], run, asked)
        assert no is not None
        assert not no.sentence[0].islower()
        assert no.sentence.endswith(".")


def test_every_verb_has_its_gate() -> None:
    assert set(authority.GATES) == set(Verb) == {verb for verb, *_ in CASES}


def test_who_started_the_run_does_not_decide_where_four_eyes_are_wanted() -> None:
    asked = Question(Subject.BUDGET, "approver", four_eyes=True, starter=APPROVER.id)
    for verb, run in ((Verb.RESUME, PAUSED), (Verb.DECIDE, PAUSED)):
        no = authority.refused(verb, APPROVER, run, asked)
        assert no is not None
        assert no.why is Why.OWN_RUN


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Question(Subject.LOOP, "approver"), "An approver decides: may it go on? You may look."),
        (
            Question(Subject.IN_DOUBT, "admin"),
            "An admin decides: did the call happen? You may look.",
        ),
        (
            Question(Subject.CALL, "finance"),
            "Somebody of “finance” decides: may this call be made? You may look.",
        ),
        (
            Question(Subject.CALL, "finance", quorum=2),
            "2 of “finance” decide: may this call be made? You may look.",
        ),
    ],
)
def test_the_sentence_names_who_decides_now(asked: Question, sentence: str) -> None:
    no = authority.refused(Verb.DECIDE, OPERATOR, PAUSED, asked)
    assert no is not None
    assert no.sentence == sentence


def test_the_gate_knows_every_kind_of_request_and_every_pause_that_asks() -> None:
    assert {kind.value for kind in RequestKind} == {subject.value for subject in Subject}
    assert set(ASKED_AT_A_PAUSE) == ASKS_PEOPLE
    assert {Subject(kind) for kind in ASKED_AT_A_PAUSE.values()} == authority.HOLDING
