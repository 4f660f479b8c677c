"""Commands that the documentation names are given as they stand there, where that is cheap and
harms nothing; each of the others says why it is not.
"""

import io
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from console.docs import contents
from console.doors import inventory
from policies.gate.models import ToolPolicy
from runs.demo import demo_policies
from tests.core.test_docs_true import COMMAND, FILES, ROOT, said

pytestmark = pytest.mark.django_db
GIVEN = {
    "docs",
    "incident list",
    "doors --write",
    "four_eyes",
    "insights",
    "insights --rebuild",
    "journal reindex",
    "journal verify",
    "matrix --write",
    "policy list",
    "policy test runs/demo/data/policy_calls.json",
    "simulate",
    "simulate approvals",
    "signin_link",
}
LEFT_OUT = {
    "up": "serves until somebody ends it",
    "up --help": "prints its options",
    "test": "runs this test",
    "verify": "runs this test",
    "verify --static": "takes a minute; the gate itself",
    "signin_link NAME": "tried with people of its own by tests/people",
    "signin_link NAME --forget-factors": "tried with people of its own by tests/people",
    "four_eyes --off KIND --why …": "tried by tests/policies/test_four_eyes.py",
    "prepare": "every test's database is made by it",
    "bench NAME [--json]": "measures for a minute",
    "bench overload": "measures for minutes",
    "bench pages": "looks at every page, for minutes",
    "bench pages --pictures DIR": "looks at every page, for minutes",
    "supply": "asked by the gate, and by tests/core/test_supply.py",
    "supply --write": "asks the index",
    "bench flood": "attacks for minutes",
    "chaos": "breaks a console for five minutes; a slow test gives it one",
    "matrix": "asks for everything as everybody, for minutes; tests/doors walk the same",
    "canary": "crawls as everybody, for minutes; tests/doors crawl as two of them",
    "replay FILE": "needs recorded runs of one's own and workers",
    "evaluate truth FILE": "needs a file of one's own",
    "evaluate asked FILE": "needs a file of one's own",
    "evaluate asked": "tried with the recorded tasks themselves",
    "evaluate loops FILE --fit": "needs a file of one's own",
    "evaluate loops FILE --leave-one-out": "needs a file of one's own",
    "evaluate sweeps": "tried with the sweeps themselves",
    "policy test FILE": "needs a file of one's own",
    'journal retire --agent refund-desk --days 90 --reason "kept for a quarter"': (
        "needs ended runs; tried with retiring"
    ),
    "journal retire --agent NAME --days 90": "needs ended runs; tried with retiring",
    "journal check-export FILE": "needs a file that was exported; tried with exports",
    "journal erase RUN --reason …": "needs a run; tried with its erasing",
    "journal rotate-key": "makes a key; tried with sealing",
    "journal verify --seals FILE --key PUBLIC": "needs a file of seals; tried with sealing",
    "incident orphan-order": "needs a worker; tried with the command itself",
    "incident NAME": "needs a worker; tried with the command itself",
    "docs [PAGE]": "given for each page below",
    **dict.fromkeys(
        (
            (
                'run refund-desk "Refund order 1042" --input order=1042 --max-usd 0.50 --wait'
                " --timeout 600"
            ),
            'kill $RUN --reason "no longer wanted"',
            (
                "token operator --name nightly --scope runs:read --scope runs:start"
                " --scope runs:stop --expires 30"
            ),
            "agents export refund-desk > agents.json",
            "agents apply agents.json --dry-run",
            "agents apply agents.json",
            "policy export > tool_policies.json",
            "policy apply tool_policies.json --dry-run",
            "policy apply tool_policies.json",
        ),
        "given to a real console by the test of the page about automation",
    ),
    "run AGENT GOAL --wait": "given by the test of the page about automation",
    "check": "given by whoever writes tools in a folder of their own",
    "shell < first_run.py": "given by whoever writes tools in a folder of their own",
    "signin_link [USER]": "given with and without a name below",
}
QUOTED = '"]'
"""What ends a command that stands in a list of JSON."""


def documented() -> set[str]:
    """Each command of the documentation with what follows it on its line."""
    return {
        f"{name} {rest.removesuffix(QUOTED).strip()}".strip()
        for file in FILES
        for name, rest in COMMAND.findall(said(file))
    }


def given(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reader stands who follows the documentation."""
    monkeypatch.chdir(ROOT)


def test_each_command_that_is_named_is_given_here_or_says_why_not() -> None:
    assert documented() - GIVEN - {*LEFT_OUT} == set()


@pytest.mark.parametrize("page", contents.PAGES, ids=lambda page: page.slug)
def test_each_page_is_printed_as_markdown(page: contents.DocsPage) -> None:
    printed = given("docs", page.slug)
    assert printed.startswith("# ")
    assert "%% " not in printed


def test_without_a_page_the_pages_are_listed() -> None:
    lines = given("docs").splitlines()
    assert [line.split()[0] for line in lines] == [page.slug for page in contents.PAGES]


def test_the_inventory_of_doors_is_written_where_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = inventory.FILE.read_text()
    monkeypatch.setattr(inventory, "FILE", tmp_path / "doors.txt")
    given("doors", "--write")
    assert (tmp_path / "doors.txt").read_text() == kept


@pytest.mark.usefixtures("in_the_project")
def test_the_policies_of_the_demo_say_of_its_calls_what_they_should() -> None:
    demo_policies.fill(timezone.now())
    last = given("policy", "test", "runs/demo/data/policy_calls.json").splitlines()[-1]
    passed, total = re.findall(r"\d+", last)
    assert passed == total != "0"
    assert last.endswith("came out as expected.")
    names = set(ToolPolicy.objects.filter(enabled=True).values_list("name", flat=True))
    listed = given("policy", "list")
    assert names
    assert [name for name in names if name not in listed] == []


@pytest.mark.parametrize(("words", "who"), [((), "ruth"), (("olga",), "olga")])
def test_a_link_lets_in_whom_it_was_made_for(words: tuple[str, ...], who: str) -> None:
    User.objects.create_superuser("ruth", password="correct horse")
    User.objects.create_user("olga", password="correct horse")
    client = Client()
    client.post(urlsplit(given("signin_link", *words).strip()).path)
    assert client.session["_auth_user_id"] == str(User.objects.get(username=who).pk)


def test_the_chain_of_an_empty_journal_holds() -> None:
    assert "0 events" in given("journal", "verify")


@pytest.mark.parametrize("name", ["runs", "approvals"])
def test_a_simulation_of_one_seed_violates_nothing(name: str) -> None:
    told = json.loads(given("simulate", name, "--seed", "3", "--json", "--requests", "20"))
    assert not told["violations"]
