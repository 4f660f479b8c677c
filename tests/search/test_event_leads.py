"""What leads to the events of a query, and that it leads to all of them."""

from random import Random

import pytest

from console.journal import content_index, selectors, visibility
from console.journal.content_search import Ways
from console.journal.models import Event
from runs.language import grammar
from runs.search import event_leads, event_terms
from runs.search.asker import Asker
from tests.pages.people import GROUPS, person
from tests.search.small_world import NOW, built

pytestmark = pytest.mark.django_db
ASKER = Asker(7, frozenset({"visible"}), NOW)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("tool:refund", ((("tool", "refund"),),)),
        (
            "kind:call.returned verdict:failed",
            ((("kind", "call.returned"), ("verdict", "failed")),),
        ),
        ("kind:call.* tool:refund", ((("kind", "call."), ("tool", "refund")),)),
        ("-tool:refund", ()),
        ("tool:ref*", ()),
        ("agent:refund-desk", ((("agent", "refund-desk"),),)),
        ("actor:anybody", ((("actor", "user:"),),)),
        ("actor:me", ((("person", "7"),),)),
        ("approver:me", ((("approver person", "7"),),)),
        ("approver:ada", ((("approver actor", "ada"),),)),
        ("approver:anybody", ((("approver actor", "user:"),),)),
        ("act:approve", ((("act", "approve"),),)),
        ("run:3f2a9c1e tool:refund", ()),
        ("cost>1", ()),
        (
            "call.",
            (
                (("word", "call"),),
                (("kind", "call."),),
            ),
        ),
        (
            "1,042.50",
            ((("word", "1042.5"),),),
        ),
    ],
)
def test_names_and_words_that_every_event_has_lead_to_it(text: str, ways: Ways) -> None:
    assert event_leads.of(grammar.parse(text), ASKER).alternatives == ways


def test_what_is_led_to_in_too_many_ways_is_led_to_by_fewer_terms() -> None:
    many = ",".join(f"kind-{number}" for number in range(25))
    query = grammar.parse(f"kind:{many} tool:refund")
    assert event_leads.of(query, ASKER).alternatives == ((("tool", "refund"),),)


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_led_to_is_what_matches(group: str) -> None:
    world = built()
    content_index.go_round(10)
    who = person(group, f"a-{group}")
    asker = Asker(who.pk, visibility.clearance_of(who), NOW)
    tools = sorted(set(Event.objects.exclude(tool="").values_list("tool", flat=True)))
    kinds = sorted(set(Event.objects.values_list("kind", flat=True)))
    dice, some = Random(7), 0
    assert world
    for text in [f"tool:{each}" for each in tools] + [f"kind:{each}" for each in kinds]:
        both = f"{text} tool:{dice.choice(tools)}" if text.startswith("kind") else text
        for asked in {text, both}:
            query = grammar.parse(asked)
            condition, led = event_terms.condition(query, asker), event_leads.of(query, asker)
            expected = selectors.newest(condition, clearance=asker.clearance, limit=1_000)
            found = selectors.newest(condition, clearance=asker.clearance, limit=1_000, led=led)
            assert led.leads
            assert found.entries == expected.entries, asked
            some += len(found.events)
    assert some or group not in ("operator", "auditor")
