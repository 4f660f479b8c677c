"""`manage.py policy`: files of calls against the policies in force,
or against policies of a file."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policies.gate.models import ToolPolicy

FILES = Path(__file__).with_name("files")


def policy(*words: object) -> str:
    out = StringIO()
    call_command("policy", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_shipped_policies_do_what_the_file_of_calls_expects() -> None:
    said = policy("test", FILES / "calls.json")
    assert said.splitlines()[-1] == "7 of 7 calls came out as expected."
    assert "not known here: the step, calls so far, tokens, USD" in said
    figures = json.loads(policy("test", FILES / "calls.json", "--json"))
    assert (figures["cases"], figures["passed"], figures["failed"]) == (7, 7, 0)
    assert figures["calls"][1]["sentence"] == "issue_refund cannot be undone, so a person decides."


def test_policies_of_a_file_need_no_database() -> None:
    figures = json.loads(
        policy(
            "test",
            FILES / "refund_calls.json",
            "--policies",
            FILES / "small_refunds.json",
            "--json",
        )
    )
    assert (figures["failed"], figures["cases"]) == (0, 7)
    assert (
        figures["calls"][2]["sentence"]
        == "$180.00 is over the $50.00 that refunds may be without a person."
    )
    assert figures["calls"][3]["tainted"] == ["args.recipient came out of get_ticket in step 2"]


@pytest.mark.django_db
def test_a_call_that_comes_out_otherwise_is_named_and_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ToolPolicy.objects.filter(name="irreversible-needs-a-person").update(verdict="allow")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("policy", "test", str(FILES / "calls.json"), stdout=out)
    assert ended.value.code == 1
    assert "NOT AS EXPECTED: a refund needs a person\n" in out.getvalue()
    assert (
        "  expected  answer require_approval, rule irreversible-needs-a-person\n" in out.getvalue()
    )
    assert "  came out  allow by irreversible-needs-a-person\n" in out.getvalue()
    assert "5 of 7 calls came out as expected." in out.getvalue()


def test_an_expectation_that_rests_on_what_a_file_leaves_out_is_reported_and_fails(
    tmp_path: Path,
) -> None:
    (tmp_path / "p.json").write_text(
        json.dumps(
            [
                {
                    "name": "thrifty",
                    "verdict": "allow",
                    "condition": "run.tokens < 1000 && run.usd < 1.0",
                }
            ]
        )
    )
    cases = [{"name": "who knows", "tool": "pay", "expect": "allow"}]
    (tmp_path / "c.json").write_text(
        json.dumps([*cases, {**cases[0], "name": "told", "run": {"tokens": 9, "usd": 0.5}}])
    )
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "policy",
            "test",
            str(tmp_path / "c.json"),
            "--policies",
            str(tmp_path / "p.json"),
            stdout=out,
        )
    assert ended.value.code == 1
    assert (
        "CANNOT BE TOLD: who knows\n  rests on  tokens, USD, which the file does not say"
        in out.getvalue()
    )
    assert "1 of 2 calls came out as expected." in out.getvalue()
    assert "CANNOT BE TOLD: told" not in out.getvalue()


@pytest.mark.django_db
def test_the_list_is_what_is_in_force_in_order() -> None:
    lines = policy("list").splitlines()
    names = [line.split()[1] for line in lines if line[:6].strip().isdigit()]
    assert names[0] == "recordings"
    assert names[-1] == "irreversible-needs-a-person"
    assert "small-refunds" not in names
    assert lines[-1].split()[0] == "no-policy"
    listed = json.loads(policy("list", "--json"))
    assert [each["name"] for each in listed] == names
    assert listed[0]["verdict"] == "allow"


@pytest.mark.django_db
def test_the_list_says_what_cannot_be_read() -> None:
    ToolPolicy.objects.filter(name="recordings").update(condition="run.recorded &&")
    assert "CANNOT BE READ, denies what it fits: Line 1, column 16" in policy("list")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "Expecting property name"),
        ("{}", "the file holds no list"),
        ('["x"]', "Case 1: that is not an object"),
        ('[{"tool": "x"}]', "Case 1, expect: that is not an object"),
        ('[{"expect": "deny"}]', "Case 1: which tool?"),
        ('[{"tool": "x", "expect": "maybe"}]', "Case 1: expect one of allow, allow_with_caps"),
        (
            '[{"tool": "x", "expect": "deny", "arg": {}}]',
            "Case 1: there is no arg; there are agent, args",
        ),
        ('[{"tool": "x", "expect": "deny", "at": "noon"}]', "'noon' is not a time"),
        ('[{"tool": "x", "expect": "deny", "run": {"usd": "much"}}]', "usd is a number"),
        (
            '[{"tool": "x", "expect": "deny", "results": ["y"]}]',
            "Case 1, results: that is not an object",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "calls.json"
    path.write_text(text)
    with pytest.raises(CommandError, match=r"calls\.json: ") as raised:
        policy("test", path, "--policies", FILES / "small_refunds.json")
    assert wrong in str(raised.value)


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"verdict": "perhaps"}, "it needs a name, and as its verdict one of allow"),
        (
            {"condition": "args.amount <="},
            "Policy 1 “p”: Line 1, column 15 at the end: it ends too early",
        ),
        ({"sentence": "{amount}"}, "{amount} cannot be filled in"),
        ({"cap_per_run": "5"}, "cap_per_run cannot be that"),
        ({"priority": True}, "priority cannot be that"),
        ({"over_cap": "allow"}, "over_cap cannot be that"),
        ({"colour": "red"}, "there is no colour"),
    ],
)
def test_policies_of_a_file_that_cannot_be_read_say_where(
    tmp_path: Path, facts: dict[str, Any], wrong: str
) -> None:
    path = tmp_path / "policies.json"
    path.write_text(json.dumps([{"name": "p", "verdict": "deny", **facts}]))
    with pytest.raises(CommandError) as raised:
        policy("list", "--policies", path)
    assert wrong in str(raised.value)
