"""What the console is made of: pinned with hashes, under licences that are known, and written down
as a bill.
"""

import json
from pathlib import Path

import pytest

from console.stack import places, supply

ONE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A root whose only package is one that is installed here."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "requirements.txt").write_text("django==5.2.19\n")
    (tmp_path / "tests" / "requirements.txt").write_text("-r ../requirements.txt\n")
    pins = "".join(
        f"{name}=={supply.installed(name)}\n" for name in ("django", "asgiref", "sqlparse")
    )
    (tmp_path / supply.CONSTRAINTS).write_text(pins)
    (tmp_path / supply.HASHES).write_text(pins.replace("\n", f" \\\n    --hash=sha256:{ONE}\n"))
    for text in supply.VENDORED:
        file = tmp_path / "static" / text
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("licence")
    return tmp_path


def test_the_houses_own_supply_is_well() -> None:
    assert list(supply.problems()) == []
    assert len(supply.parts()) > 100


def test_a_supply_that_is_well_has_nothing_to_say(house: Path) -> None:
    assert list(supply.problems(house)) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        (supply.HASHES, f"    --hash=sha256:{ONE}\n", "", "has no hash of asgiref=="),
        (supply.HASHES, ONE, ONE[:-1], "has no hash of"),
        (supply.CONSTRAINTS, "django==", "django==9", "is installed, not 9"),
        (supply.CONSTRAINTS, "sqlparse==", "other==", "sqlparse is needed and not pinned"),
        ("requirements.txt", "5.2.19", "5.2.18", "wants django 5.2.18"),
        (supply.HASHES, "django==", "jango==", "which .constraints.txt does not"),
    ],
)
def test_what_is_wrong_with_it_is_named(
    house: Path, file: str, before: str, after: str, sentence: str
) -> None:
    whole = (house / file).read_text()
    assert before in whole
    (house / file).write_text(whole.replace(before, after))
    assert any(sentence in each for each in supply.problems(house))


def test_a_licence_that_nobody_knows_is_named(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "licence", lambda _name: "SSPL-1.0")
    assert any("SSPL-1.0" in each for each in supply.problems(house))


@pytest.mark.parametrize(
    ("stated", "good"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0", True),
        ("Apache-2.0 AND BSD-3-Clause", True),
        ("Apache-2.0 AND AGPL-3.0", False),
        ("(MIT OR Apache-2.0) AND BSD-3-Clause", True),
        ("(MIT OR Apache-2.0) AND AGPL-3.0", False),
        ("MIT AND (GPL-3.0 OR (BSD AND ISC))", True),
        ("AGPL-3.0-only", False),
        ("", False),
        ("SEE LICENSE", False),
    ],
)
def test_a_licence_is_good_when_all_that_is_said_together_is(stated: str, good: bool) -> None:
    assert supply.is_good(stated) is good


def test_the_bill_names_every_package_with_licence_and_hashes_and_what_lies_in_static() -> None:
    bill = json.loads(json.dumps(supply.bill(supply.parts())))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = [each for each in bill["components"] if each["type"] == "library"]
    names = {each["name"] for each in packages}
    assert {"django", "channels", "celery", "redis", "psycopg"} <= names
    for each in packages:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert each["licenses"][0]["license"]["name"]
        assert each["externalReferences"][0]["hashes"]
    assert len({each["bom-ref"] for each in bill["components"]}) == len(bill["components"])
    assert supply.bill(supply.parts()) == supply.bill(supply.parts())


def test_every_file_of_others_has_its_licence_beside_it() -> None:
    licences = {
        str(each.relative_to(places.ROOT / "static"))
        for each in (places.ROOT / "static").rglob("*LICENSE*")
    }
    assert licences == supply.VENDORED.keys()


def dependency(name: str, **facts: object) -> dict[str, object]:
    return {"name": name, "version": "1", "vulns": [], **facts}


def test_a_known_weakness_is_red_and_named() -> None:
    weak = dependency("a", vulns=[{"id": "CVE-1"}, {"id": "CVE-2"}])
    found = json.dumps({"dependencies": [weak, dependency("b")]})
    well, words = supply.told(found, "")
    assert not well
    assert "a 1: CVE-1, CVE-2" in words


def test_packages_that_the_index_does_not_know_were_not_asked_for() -> None:
    unknown = dependency("b", skip_reason="not found")
    well, words = supply.told(json.dumps({"dependencies": [dependency("a"), unknown]}), "")
    assert well
    assert words == "no known weakness; 1 packages asked for, 1 not known to the index"
    assert supply.told(json.dumps({"dependencies": [unknown]}), "") == (
        True,
        "not asked for known weaknesses: the index knew none of the packages",
    )


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "<html>"])
def test_an_audit_that_could_not_ask_says_so(answer: str) -> None:
    well, words = supply.told(answer, "a\nConnectionError: no route")
    assert well
    assert words == "not asked for known weaknesses: ConnectionError: no route"
