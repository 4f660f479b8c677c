"""When a person, a group or a scope grant may more after an edit than before it. Pure.

Facts are those of the journal's edits, `console.journal.edits.facts_of`: columns by name, relations
as lists of words. An empty mapping is a row that is not there.
"""

from policies.current.four_eyes.rules import NOTHING, RowFacts, Widening, added, covered

EVERYBODY = "everybody"
SWITCHES = {
    "is_superuser": ("owner", "may everything"),
    "is_staff": ("configuration", "may open its pages"),
}


def person(before: RowFacts, after: RowFacts) -> tuple[Widening, ...]:
    """What a person gains. Somebody who is switched on again gains all that they hold; who is
    switched off gains nothing, whatever else they are given.
    """
    if not after.get("is_active"):
        return ()
    was = before if before.get("is_active") else {}
    switched = [
        Widening(what, NOTHING, words)
        for name, (what, words) in SWITCHES.items()
        if after.get(name) and not was.get(name)
    ]
    return (*switched, *listed("role", "groups", was, after), *permissions(was, after))


def permissions(
    before: RowFacts, after: RowFacts, name: str = "user_permissions"
) -> list[Widening]:
    return listed("permission", name, before, after)


def listed(what: str, name: str, before: RowFacts, after: RowFacts) -> list[Widening]:
    return [
        Widening(what, NOTHING, each)
        for each in added(before.get(name) or (), after.get(name) or ())
    ]


def group(before: RowFacts, after: RowFacts) -> tuple[Widening, ...]:
    """What the members of a group gain. A new group has none, so nobody gains by it. A name is a
    right as well: policies, scopes and approvals know groups by it.
    """
    if not before or not after:
        return ()
    renamed = before.get("name") != after.get("name")
    named = [Widening("name", str(before.get("name")), str(after.get("name")))] if renamed else []
    return (*named, *permissions(before, after, "permissions"))


def grant(before: RowFacts, after: RowFacts) -> tuple[Widening, ...]:
    """What a scope grant lets more runs do than before it."""
    if not after.get("enabled"):
        return ()
    scopes, holders = str(after["scopes"]), after["group"]
    whose = holders or EVERYBODY
    if not before.get("enabled"):
        return (Widening("scopes", NOTHING, f"{scopes} for {whose}"),)
    was, held_by = str(before["scopes"]), before["group"]
    found = []
    if held_by and held_by != holders:
        found.append(Widening("who holds it", held_by, whose))
    if not covered(scopes, was):
        found.append(Widening("scopes", was, scopes))
    return tuple(found)
