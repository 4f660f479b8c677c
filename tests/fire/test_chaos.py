"""A minute of everything at once, by the very command."""

import json
import subprocess
import sys

import pytest

from console.stack import places
from tests.fire.conftest import Told

MINUTES = "1"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_minute_of_chaos_doubles_nothing_and_loses_nothing(told: Told) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "chaos", "--minutes", MINUTES, "--json"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    told(f"a minute of chaos: {said}")
    assert said["wrong"] == []
    assert said["faults"] >= 10
    assert said["external_effects"] >= 200
    assert done.returncode == 0
