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


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("tool:refund", ((("tool", "refund"),),)),
        (
            "kind:call.returned verdict:failed",
            ((("kind", "call.returned"), ("verdict", "failed")),),
        ),
        ("-tool:refund", ()),
        ("tool:ref*", ()),
        ("agent:refund-desk", ()),
        ("lamp", ()),
    ],
)
def test_names_that_every_event_has_lead_to_it(text: str, ways: Ways) -> None:
    assert event_leads.of(grammar.parse(text)) == ways


@pytest.mark.django_db
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
            condition, ways = event_terms.condition(query, asker), event_leads.of(query)
            expected = selectors.newest(condition, clearance=asker.clearance, limit=1_000)
            found = selectors.newest(condition, clearance=asker.clearance, limit=1_000, ways=ways)
            assert ways
            assert found.entries == expected.entries, asked
            some += len(found.events)
    assert some or group not in ("operator", "auditor")
