#!/usr/bin/env python3
"""Everything begins here. On a bare Python it first builds the environment that the rest needs."""

import sys

if sys.version_info < (3, 11):
    # written so that an old Python can read this far
    sys.exit("Signalbox needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])

if sys.platform == "win32":
    sys.exit("Signalbox runs on Linux and macOS; on Windows, run it inside WSL.")

import os
from pathlib import Path

from console.stack import bootstrap, own_apps


def main():
    # type: () -> int
    own_apps.remember(os.environ, Path.cwd())
    bootstrap.prepare(sys.argv[1:])
    # only now are the packages there
    from console.stack import command_line

    return command_line.run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
