"""A box that answers is no oracle: for a value that a reader may not see, every query of theirs is
answered as for a value that does not exist.
"""

import re
from dataclasses import replace
from uuid import UUID

import pytest

from console.journal import visibility
from console.journal.models import Event
from runs.engine import events as e
from runs.engine.vocabulary import Waiting
from runs.language import grammar
from runs.language.query_fields import FIELDS
from runs.models import Run
from runs.search import event_terms, known_values, one_thing, runs_asked
from runs.search.asker import Asker
from tests.journal.ledgers import chain, record, write
from tests.pages.lives import Life, life
from tests.pages.people import GROUPS, person, signed_in
from tests.search.small_world import NOW

pytestmark = pytest.mark.django_db
HIDDEN = 160
SEALED = 40
FORMS = (
    "{}", '"{}"', "-{}", "tool:{}", "-tool:{}", "model:{}", "-model:{}*", "kind:{}", "actor:{}",
    "-approver:{}", "status:live {}", "tool:{} verdict:succeeded",
)  # fmt: skip


def word(number: int) -> str:
    """One of a shape that is no id, and of one length."""
    return f"hidden-{number:04d}-q"


def absent(number: int) -> str:
    return f"absent-{number:04d}-q"


def with_hidden() -> None:
    """Runs whose calls hold a hidden value each: as an argument, in a result, as a tool's name, as
    what the tool calls it, in a thought, in why a run waits.
    """
    otto = person("operator", "otto")
    for begin in range(0, HIDDEN, 20):
        one = life(otto, "a goal that says nothing", ago=500 + begin)
        one.lease()
        for number in range(begin, begin + 20):
            call_with(one, word(number), number % 5)
        one.written()


def call_with(one: Life, value: str, place: int) -> None:
    tool = value if place == 0 else "some_tool"
    result = {"id": value} if place == 1 else {"text": f"found {value} there"}
    args = {"what": value} if place == 2 else {"what": "x"}
    one.plan((tool, args), thought=value if place == 3 else "")
    one.answer(tool, one.intend(tool, args), result if place in (1, 4) else "fine")


def sealed() -> None:
    """Events that nobody is shown in a list, each with a value in each column that could tell."""
    key = chain()
    write(key, *(replace(
        record(number, kind="run.briefed", visibility="always_hidden",
               data={"prompt": f"you are {word(HIDDEN + number)}"}),
        tool=word(HIDDEN + number), model=word(HIDDEN + number), actor=word(HIDDEN + number),
        external_id=word(HIDDEN + number), agent="", verdict="succeeded",
    ) for number in range(SEALED)))  # fmt: skip


def asker(group: str) -> Asker:
    who = person(group, f"a-{group}")
    return Asker(who.pk, visibility.clearance_of(who), NOW)


def answer(text: str, who: Asker) -> tuple[list[UUID], list[int]]:
    query = grammar.parse(text)
    runs = runs_asked.matching(query, who).order_by("pk")
    events = Event.objects.filter(event_terms.condition(query, who)).order_by("pk")
    return list(runs.values_list("pk", flat=True)), list(events.values_list("pk", flat=True))


def told(numbers: range, who: Asker) -> list[str]:
    """The queries that are answered otherwise than for a value that does not exist."""
    nothing = {form: answer(form.format(absent(0)), who) for form in FORMS}
    found = [
        form.format(word(number))
        for number in numbers
        for form in FORMS
        if answer(form.format(word(number)), who) != nothing[form]
    ]
    ids = [word(number) for number in numbers if one_thing.named(word(number), who)]
    known = (known_values.known(FIELDS[name], who) for name in ("tool", "model", "kind"))
    offered = {value for values in known for value, _ in values}
    return [*found, *ids, *sorted(offered & set(map(word, numbers)))]


def test_no_query_of_a_viewer_tells_a_hidden_value_from_one_that_does_not_exist() -> None:
    with_hidden()
    assert told(range(HIDDEN), asker("viewer")) == []


def test_who_may_see_a_value_finds_it() -> None:
    with_hidden()
    who = asker("operator")
    for number in range(0, HIDDEN, 7):
        runs, events = answer(word(number), who)
        assert len(runs) == 1, number
        assert events, number


@pytest.mark.parametrize("group", GROUPS)
def test_no_query_of_anybody_tells_of_what_is_always_hidden(group: str) -> None:
    sealed()
    assert told(range(HIDDEN, HIDDEN + SEALED), asker(group)) == []


def test_why_a_run_waits_tells_a_viewer_of_no_tool() -> None:
    one = life(person("operator", "otto"), "a goal that says nothing")
    one.lease()
    one.plan((word(1), {}))
    one.intend(word(1), {})
    why = f"lost in {word(1)}"
    one.happen(e.RunWaiting(at=one.after(1), waiting_for=Waiting.IN_DOUBT, why=why))
    one.written()
    assert told(range(2), asker("viewer")) == []
    assert answer(word(1), asker("approver"))[0] == [one.run.pk]


def shown(page: str) -> tuple[list[str], list[str]]:
    return re.findall(r'data-run="([^"]+)"', page), re.findall(r'id="query-count">([^<]*)<', page)


@pytest.mark.parametrize("number", range(5))
def test_no_page_of_a_viewer_tells_either(number: int) -> None:
    with_hidden()
    client = signed_in("viewer")
    run = Run.objects.order_by("pk")[0].pk
    paths = ("/?q={}", "/?q=tool:{}", "/?q=-tool:{}", f"/fleet/rows/?ids={run}&new={run}&q={{}}")
    for path in paths:
        one, two = (client.get(path.format(each)) for each in (word(number), absent(number)))
        assert shown(one.content.decode()) == shown(two.content.decode()), path
    for path in ("/complete/fleet/?q={}", "/complete/fleet/?q=tool:{}", "/complete/fleet/?q=tool:"):
        texts = [
            client.get(path.format(each)).content.decode().replace(each, "")
            for each in (word(number), absent(number))
        ]
        assert texts[0] == texts[1], path
        assert "hidden-" not in texts[0]
    places = [
        client.get("/find/", {"q": each})["Location"].replace(each, "")
        for each in (word(number), absent(number))
    ]
    assert places[0] == places[1]
