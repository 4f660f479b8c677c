"""`manage.py test`: pytest, with leave to fetch a browser when there is none."""

import os
import subprocess
import sys
from collections.abc import Sequence

from console.stack import places

NAMED_IN = "SIGNALBOX_INSTALL_BROWSER"


def main(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=places.ROOT, env={**os.environ, NAMED_IN: "1"}, check=False).returncode
