"""The label of an actor in the journal, and its name as people say it: one place knows the prefix
of people.
"""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import PEOPLE, Actor, label_of

ROOT = Path(__file__).parents[2]
KNOWING = {"console/journal/models.py", "console/journal/records.py"}
"""Where the prefix is written out: its own place, and the condition of an index, which does not
change.
"""


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ("user:anna", "anna"),
        ("user:user:anna", "user:anna"),
        ("clock", "clock"),
        ("superuser:anna", "superuser:anna"),
        ("user:", ""),
        ("", ""),
    ],
)
def test_people_are_called_by_their_name_and_all_else_as_it_is(actor: str, name: str) -> None:
    assert label_of(actor) == name
    assert Actor(actor).label == name


@given(st.text())
def test_the_label_of_a_person_is_the_name_that_they_sign_in_with(name: str) -> None:
    assert label_of(PEOPLE + name) == name


def test_one_place_knows_how_people_are_told_from_other_actors() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "approvals/*.py", "console/*.py", "policies/*.py", "runs/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    own = [path for path in listed if "/migrations/" not in path]
    quoted = re.compile(rf"(['\"]){PEOPLE}\1")
    assert {path for path in own if quoted.search((ROOT / path).read_text())} == KNOWING
