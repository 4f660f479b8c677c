"""Functions that should have become tools and did not: which, why, and where they are written.

While all apps' tools are loaded a broken one is noted here and left out; at any other time it
raises where it stands.
"""

import contextlib
import inspect
import sys
import traceback
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from console.outside import confidential
from runs.tools.parameters import BadTool

LONGEST = 400


@dataclass(frozen=True, slots=True)
class BrokenTool:
    """A function, or a whole module of them, that is left out. `why` is what is wrong with it."""

    name: str
    why: str
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line, from the folder that Python imports it from."""
        return f"{short(self.file)}:{self.line}" if self.line else short(self.file)

    @property
    def whole_module(self) -> bool:
        return self.name.endswith(".*")

    @property
    def sentence(self) -> str:
        return f"{self.name} is left out: {self.why.rstrip('.')} ({self.place})."


class NotedFaults:
    """The faults met in one load of all tools, in order."""

    def __init__(self) -> None:
        self.found: list[BrokenTool] = []
        self._loading = False

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """Note broken declarations while the block lasts; the rest of their module goes on. Each
        load forgets what an earlier one found.
        """
        self.found.clear()
        self._loading = True
        try:
            yield
        finally:
            self._loading = False

    def take(self, name: str, wrong: BadTool, function: Callable[..., object]) -> None:
        """Note a function that cannot be a tool; raise its fault again when nothing is being
        loaded.
        """
        if not self._loading:
            raise wrong
        why = words(wrong).removeprefix(f"{name}: ")
        self.found.append(BrokenTool(name, why, *written(function)))

    def take_module(self, module: str, error: BaseException, folder: Path) -> None:
        """Note a module that could not be imported, with the last line of its app that was run."""
        self.found.append(BrokenTool(f"{module}.*", words(error), *place(error, folder)))


NOTED = NotedFaults()


def words(error: BaseException) -> str:
    """The error's message in one line, with its type when it is not one of our own sentences."""
    said = confidential.shortened(" ".join(str(error).split()), LONGEST)
    if isinstance(error, BadTool):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def place(error: BaseException, folder: Path) -> tuple[str, int]:
    """File and line: of text that is not Python, else of the last line that was run in
    this folder.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    return (own[-1].filename, own[-1].lineno or 1) if own else (str(folder), 0)


def folder_of(module: str) -> Path:
    """The place where a module would be on Python's path; its own name as a path when it is
    nowhere.
    """
    inner = Path(*module.split("."))
    return next((Path(root) / inner for root in sys.path if (Path(root) / inner).is_dir()), inner)


def written(function: Callable[..., object]) -> tuple[str, int]:
    """File and line where a function begins; of the wrapped function, where decorators hide it."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else (function.__module__, 0)


def short(file: str) -> str:
    """A file's path without the folder on Python's path that leads to it: what its writer calls it,
    and no word of the machine.
    """
    roots = [Path(root) for root in sys.path if root and Path(file).is_relative_to(root)]
    if not roots:
        return Path(file).name
    return str(Path(file).relative_to(max(roots, key=lambda root: len(root.parts))))


def lacking(
    patterns: Sequence[str], known: Container[str], found: Sequence[BrokenTool]
) -> list[str]:
    """What an agent with these patterns lacks: the broken tools that it would have, and whole
    modules where one of its names leads nowhere.
    """
    lost = [name for name in patterns if name.isidentifier() and name not in known]
    return [
        each.sentence
        for each in found
        if any(fnmatchcase(each.name, pattern) for pattern in patterns)
        or (each.whole_module and lost)
    ]
