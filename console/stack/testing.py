"""`manage.py test`: everything pytest needs beside the packages, then pytest itself."""

import os
import subprocess
import sys
from collections.abc import Sequence

from console.stack import places


def main(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=places.ROOT, check=False).returncode
