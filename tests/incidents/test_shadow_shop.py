"""The library's files are sound, and its tools can touch nothing outside: no other run can have
them, and a run that plays an incident can have no others.
"""

import ast
import asyncio
from pathlib import Path

import pytest

from console import wiring
from runs import incidents
from runs.engine.vocabulary import StopReason
from runs.incidents import shadow_shop
from runs.incidents.incident import Incident, library
from runs.incidents.incident_checks import COUNTS
from runs.planners import script_text
from runs.tools import registry

OUTWARDS = {"socket", "http", "urllib", "httpx", "subprocess", "requests", "smtplib", "os", "ssl"}
SECRETS = {"environ", "getenv"}
ROOT = Path(incidents.__file__).parent
ALL = pytest.mark.parametrize("incident", library().values(), ids=library())


def test_no_shadow_tool_is_in_the_registry() -> None:
    assert not set(shadow_shop.catalogue()) & set(registry.discover())
    assert all(name.startswith("shadow_") for name in shadow_shop.catalogue())


def test_a_run_that_plays_an_incident_has_its_shadow_tools_and_no_others() -> None:
    snapshot = {"shadow": "orphan-order", "tools": ["*"], "mcp_servers": [{"name": "real"}]}
    box = asyncio.run(wiring.toolbox(snapshot))
    assert {each.name for each in box.specs()} == set(library()["orphan-order"].tools)


def test_a_run_of_an_incident_that_is_no_more_has_no_tools_and_says_so() -> None:
    box = shadow_shop.toolbox({"shadow": "long-gone"})
    assert box.specs() == ()
    assert "no longer" in box.missing[0]


def test_a_run_that_plays_none_has_no_shadow_tool() -> None:
    box = asyncio.run(wiring.toolbox({"tools": ["shadow_*", "*"]}))
    assert not [each.name for each in box.specs() if each.name.startswith("shadow_")]


def test_the_librarys_code_reaches_for_no_network_process_or_environment() -> None:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not {name.partition(".")[0] for name in names} & OUTWARDS, path
            assert not (isinstance(node, ast.Attribute) and node.attr in SECRETS), path


@ALL
def test_an_incidents_script_can_be_read_and_calls_only_its_own_tools(incident: Incident) -> None:
    script = script_text.parse(incident.script)
    called = {call.tool for step in script.steps for call in step.act.calls}
    assert called <= {*incident.tools, *incident.strangers}
    assert len(shadow_shop.shadow_tools(incident)) == len(incident.tools)


@ALL
def test_an_incident_is_told_in_three_lines_and_says_what_has_to_hold(incident: Incident) -> None:
    for words in (incident.happened, incident.signalbox, incident.look):
        assert 40 <= len(words) <= 400
        assert words.endswith(".")
    assert incident.holds
    for expected in incident.holds:
        assert expected.sentence.endswith(".")
        assert set(expected.ends) <= set(StopReason)
        assert set(expected.counts or ()) <= set(COUNTS)
        assert expected.ends or expected.counts or expected.approved_only
    assert any(each.ends for each in incident.holds)


@ALL
def test_what_befalls_calls_befalls_tools_that_it_has(incident: Incident) -> None:
    assert {each.tool for each in incident.faults} <= set(incident.tools)
    assert {each.tool for each in incident.answers} <= set(incident.tools)


def test_a_tool_that_fails_in_one_incident_is_in_no_other() -> None:
    failing = {
        each.tool: incident.name
        for incident in library().values()
        for each in incident.faults
        if each.does in ("error", "cut")
    }
    for incident in library().values():
        for name in incident.tools:
            assert failing.get(name, incident.name) == incident.name, name
