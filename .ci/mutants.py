#!/usr/bin/env python3
"""How many small faults in the pure code do the tests of the pure core notice?

    python3 .ci/mutants.py [--mutants 200] [--seed 1] [--survivors FILE]

Cosmic Ray makes the mutants. Places are drawn evenly, then one mutant for each, so that an
operator with a dozen replacements does not count a dozen times; annotations are left out, since a
mutant there ends at the import. Each mutant is tried with the tests that run its line (one run
under coverage says which), and is killed when one of them fails or hangs. A line that no test runs
is a survivor. Works on clones; prints one line of JSON. Needs the network once, for two tools.
"""

import argparse
import ast
import configparser
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
TOOLS = ("cosmic-ray==8.7.0",)
COVERAGE = ("coverage==7.11.0", "pytest-cov==7.0.0")
PURE = ("runs.engine", "policies", "approvals.rules")
TESTS = "tests/core"
PATIENCE = 180  # seconds: a mutant that takes longer hangs
AT_ONCE = 2
MOST_RED = 5
FAILED = re.compile(r"FAILED ").match
MOST_TESTS = 300  # of one mutant: the others run the same line


def modules(root: Path) -> list[Path]:
    """Files of the import contract "pure" that belong to the engine and the rules."""
    read = configparser.ConfigParser()
    read.read(root / ".importlinter")
    names = read["importlinter:contract:pure"]["source_modules"].split()
    kept = [name for name in names if name.startswith(PURE)]
    found: set[Path] = set()
    for name in kept:
        pattern = name.replace(".**", "/**/*").replace(".", "/")
        for at in [*root.glob(pattern), *root.glob(f"{pattern}.py")]:
            found.update(at.rglob("*.py") if at.is_dir() else [at] if at.suffix == ".py" else [])
    return sorted(each.relative_to(root) for each in found if each.stat().st_size)


def annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and decorators stand: (line, column) of begin and end."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        held = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for each in [*held, *getattr(node, "decorator_list", ())]:
            if isinstance(each, ast.expr) and each.end_lineno and each.end_col_offset is not None:
                begin = (each.lineno, each.col_offset)
                spans.append((begin, (each.end_lineno, each.end_col_offset)))
    return spans


# What runs with Cosmic Ray's own interpreter: reads paths, writes places with their mutants.
MAKE = """
import json, random, sys
from pathlib import Path
from cosmic_ray import plugins
from cosmic_ray.ast import get_ast, ast_nodes
from cosmic_ray.mutating import mutate_code
asked = json.load(sys.stdin)
dice, places = random.Random(asked["seed"]), {}
names = sorted(plugins.operator_names())
operators = {name: plugins.get_operator(name)() for name in names if "Variable" not in name}
for path, spans in asked["paths"].items():
    source = Path(asked["root"], path).read_text()
    tree = get_ast(source)
    for name, operator in operators.items():
        family, number = name.split("/")[1].split("_")[0], 0
        for node in ast_nodes(tree):
            for begin, _ in operator.mutation_positions(node):
                if not any(tuple(a) <= begin < tuple(b) for a, b in spans):
                    places.setdefault((path, family, begin), []).append((name, number))
                number += 1
chosen = dice.sample(sorted(places), min(asked["mutants"], len(places)))
for path, family, (line, column) in chosen:
    name, number = dice.choice(places[path, family, (line, column)])
    source = Path(asked["root"], path).read_text()
    code = mutate_code(source, operators[name], number)
    print(json.dumps([path, name, line, code]))
print(json.dumps(len(places)))
"""


def environment(folder: Path) -> Path:
    """An interpreter that has Cosmic Ray, apart from the product's."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "-q", "install", *TOOLS], check=True)
    return folder / "bin" / "python"


def mutants(python: Path, root: Path, options: argparse.Namespace) -> tuple[list[Any], int]:
    paths = {str(path): annotations((root / path).read_text()) for path in modules(root)}
    asked = {"root": str(root), "paths": paths, "seed": options.seed, "mutants": options.mutants}
    made = subprocess.run(
        [python, "-c", MAKE], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    *lines, places = [json.loads(line) for line in made.stdout.splitlines()]
    return lines, places


def pytest(root: Path, *arguments: str, extra: Path | None = None) -> tuple[int, str]:
    """The exit code and what was said; -9 for a run that hung."""
    variables = {**os.environ, "PYTHONPATH": str(extra or ""), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [PYTHON, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments]
    with subprocess.Popen(
        command,
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=None if extra else PATIENCE)
            return running.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, 9)
            return -9, ""


def covering(root: Path, folder: Path) -> Mapping[tuple[str, int], list[str]]:
    """Tests by the line that they run, each path relative to the root; without those that are not
    green by themselves here (a promise of time on a busy machine).
    """
    pip = [PYTHON, "-m", "pip", "-q", "install", "--no-deps", "--target", folder, *COVERAGE]
    subprocess.run(pip, check=True)
    sources = [f"--cov={name.split('.')[0]}" for name in PURE]
    _, told = pytest(root, TESTS, *sources, "--cov-context=test", "--cov-report=", extra=folder)
    red = {line.split(" - ")[0].split(" ", 1)[1] for line in told.splitlines() if FAILED(line)}
    if len(red) > MOST_RED:
        sys.exit(f"{len(red)} tests of {TESTS} are not green by themselves:\n{told[-2_000:]}")
    reading = f"""
import json
from coverage import CoverageData
data = CoverageData({str(root / ".coverage")!r}); data.read()
print(json.dumps({{path: data.contexts_by_lineno(path) for path in data.measured_files()}}))
"""
    said = subprocess.run(
        [PYTHON, "-c", reading],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for path, lines in json.loads(said.stdout).items():
        for line, tests in lines.items():
            key = (str(Path(path).resolve().relative_to(root.resolve())), int(line))
            found[key] = sorted({test.split("|")[0] for test in tests if test} - red)
    return found


def tests_of(path: str, line: int, covered: Mapping[tuple[str, int], list[str]]) -> list[str]:
    """Those that run this line; of a line that only the import runs, those of the whole module."""
    if (path, line) not in covered:
        return []
    if own := covered[path, line]:
        return own
    return sorted({test for (of, _), tests in covered.items() if of == path for test in tests})


def killed(root: Path, path: str, code: str, tests: Sequence[str], dice: random.Random) -> bool:
    asked = tests if len(tests) <= MOST_TESTS else sorted(dice.sample(list(tests), MOST_TESTS))
    place, before = root / path, (root / path).read_text()
    listed = root / ".mutant-tests"
    listed.write_text("\n".join(asked))
    place.write_text(code)
    try:
        return pytest(root, "-x", f"@{listed}")[0] != 0
    finally:
        place.write_text(before)


def clones(folder: Path) -> Iterator[Path]:
    for number in range(AT_ONCE):
        at = folder / f"clone{number}"
        subprocess.run(["git", "clone", "-q", ROOT, at], check=True)
        (at / ".venv").symlink_to(ROOT / ".venv")
        yield at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--survivors", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        return run(folder, options)
    finally:
        shutil.rmtree(folder)


def run(folder: Path, options: argparse.Namespace) -> int:
    free: SimpleQueue[Path] = SimpleQueue()
    roots = list(clones(folder))
    for root in roots:
        free.put(root)
    made, places = mutants(environment(folder / "tools"), roots[0], options)
    covered = covering(roots[0], folder / "coverage")
    dice = random.Random(options.seed)  # noqa: S311  which tests, no secret

    def tried(mutant: list[Any]) -> bool:
        path, _, line, code = mutant
        tests = tests_of(path, line, covered)
        if not tests:
            return False
        root = free.get()
        try:
            return killed(root, path, code, tests, dice)
        finally:
            free.put(root)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(tried, made))
    left = [mutant for mutant, dead in zip(made, outcomes, strict=True) if not dead]
    if options.survivors:
        lines = [f"{path}:{line} {name}" for path, name, line, _ in left]
        options.survivors.write_text("\n".join([*sorted(lines), ""]))
    figures = {
        "modules": len(modules(roots[0])),
        "places": places,
        "mutants": len(made),
        "killed": sum(outcomes),
        "share": round(sum(outcomes) / len(made), 3),
        "unrun": sum(not tests_of(path, line, covered) for path, _, line, _ in left),
        "survivors_by_operator": Counter(name.split("/")[1].split("_")[0] for _, name, *_ in left),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
