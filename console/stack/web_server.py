"""`python -m console.stack.web_server …` is `daphne …`, loaded at once but held back until the
tables are ready.
"""

import importlib
import sys

from daphne.cli import CommandLineInterface

from console.stack import readiness, web_requests, web_slots

if __name__ == "__main__":
    importlib.import_module(sys.argv[-1].partition(":")[0])
    readiness.wait()
    web_requests.install()
    web_slots.install()
    web_slots.take_descriptors()
    CommandLineInterface().run(sys.argv[1:])
