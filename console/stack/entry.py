"""Takes a command line to whoever carries it out: the launcher and the test runner before Django is loaded, the rest through Django."""

import os
from collections.abc import Sequence

from django.core.management import execute_from_command_line


def run(argv: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    execute_from_command_line(list(argv))
    return 0
