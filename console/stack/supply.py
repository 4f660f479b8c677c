"""What the console is made of besides its own code: packages with their pins, hashes and licences,
and the files of others in `static/`.

`problems` is a gate that asks nobody; `audit` asks the index for known weaknesses, and says so when
it could not ask. `bill` is the bill of materials, in CycloneDX.
"""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from console.stack import places

REQUIRED = ("requirements.txt", "tests/requirements.txt")
CONSTRAINTS, HASHES = ".constraints.txt", ".hashes.txt"
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})\b")
WRITE = "python3 manage.py supply --write"
PATIENCE = 120.0
GOOD = re.compile(
    r"0BSD|MIT(-0|-CMU)?|BSD|BSD-[23]-Clause|Apache|Apache-2\.0|ISC|ISCL|PSF|PSF-2\.0|Python-2\.0"
    r"|CNRI-Python|MPL-2\.0|LGPL-3\.0(-only)?|PostgreSQL|Unlicense|Zlib|ZPL-2\.1|HPND|CC0-1\.0"
    r"|Artistic-2\.0|BSL-1\.0|OFL-1\.1|TCL"
)
"""Licences under which a part may be used and passed on with the console, unchanged."""
SPELT: Mapping[str, str] = {
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "apache software license": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "bsd license": "BSD",
    "new bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "isc license": "ISC",
    "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0",
    "the unlicense (unlicense)": "Unlicense",
    "zope public license": "ZPL-2.1",
    "artistic license": "Artistic-2.0",
}
CHOSEN: Mapping[str, str] = {
    "text-unidecode": "Artistic-2.0",
    "axe-playwright-python": "MIT AND MPL-2.0",
}
"""Packages that may be had under one of several licences, with the one that is taken, and those
that state theirs in a file only, as it was read there.
"""
VENDORED: Mapping[str, str] = {
    "fonts/inter-LICENSE.txt": "OFL-1.1",
    "fonts/jetbrains-mono-LICENSE.txt": "OFL-1.1",
    "icons-LICENSE.txt": "ISC",
}
"""Files of others in `static/`, by the text of their licence."""


@dataclass(frozen=True, slots=True)
class Part:
    """A package at a version, with the digests of every file in which it is published."""

    name: str
    version: str
    licence: str
    hashes: frozenset[str]


def pins(file: Path) -> dict[str, str]:
    """Versions by the canonical names of packages."""
    found = (PIN.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(each[1]): each[2] for each in found if each}


def digests(file: Path) -> dict[str, frozenset[str]]:
    """The digests of each pin of a file with hashes, by `name==version`."""
    found: dict[str, frozenset[str]] = {}
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if pin := PIN.match(line):
            name = f"{canonicalize_name(pin[1])}=={pin[2]}"
            found[name] = frozenset()
        if name:
            found[name] |= {*HASH.findall(line)}
    return found


def licence(name: str) -> str:
    """The licence that an installed package states, in SPDX's words where they are known; empty
    when it states none.
    """
    if name in CHOSEN:
        return CHOSEN[name]
    facts: Any = importlib.metadata.metadata(name)
    if stated := facts.get("License-Expression"):
        return str(stated)
    ends = [
        each.rpartition(" :: ")[2]
        for each in facts.get_all("Classifier") or ()
        if "License ::" in each
    ]
    # some give the whole text, whose first line is its name
    said = (facts.get("License") or "").strip().partition("\n")[0]
    names = [each for each in ends if each != "OSI Approved"] or [said]
    return " OR ".join(SPELT.get(each.strip().lower(), each.strip()) for each in names)


def is_good(stated: str) -> bool:
    """Whether one of the licences to choose from, with all that are said together, is good."""
    while inner := re.search(r"\(([^()]*)\)", stated):
        stated = stated.replace(inner[0], "MIT" if _flat(inner[1]) else "none")
    return _flat(stated)


def _flat(stated: str) -> bool:
    return any(
        all(GOOD.fullmatch(each.strip()) for each in re.split(r"\bAND\b", choice))
        for choice in re.split(r"\bOR\b", stated)
    )


def parts(root: Path = places.ROOT) -> list[Part]:
    """Every pinned package that is installed here."""
    known = digests(root / HASHES)
    return [
        Part(name, version, licence(name), known.get(f"{name}=={version}", frozenset()))
        for name, version in sorted(pins(root / CONSTRAINTS).items())
        if installed(name)
    ]


def installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def problems(root: Path = places.ROOT) -> Iterator[str]:
    """What is wrong with pins, hashes and licences, a sentence each. Asks nobody."""
    yield from _of_pins(root)
    yield from _of_hashes(root)
    for part in parts(root):
        if not is_good(part.licence):
            yield (
                f"{part.name} {part.version} states the licence “{part.licence}”, which nobody"
                " has found good."
            )
    for text in VENDORED:
        if not (root / "static" / text).exists():
            yield f"static/{text} is not there."


def _of_pins(root: Path) -> Iterator[str]:
    constrained = pins(root / CONSTRAINTS)
    for file in REQUIRED:
        for name, version in pins(root / file).items():
            if constrained.get(name, version) != version:
                yield f"{file} wants {name} {version}, {CONSTRAINTS} {constrained[name]}."
    for name, version in constrained.items():
        if (here := installed(name)) and here != version:
            yield f"{name} {here} is installed, not {version}."
    for name in sorted(needed(root) - constrained.keys()):
        yield f"{name} is needed and not pinned in {CONSTRAINTS}."


def _of_hashes(root: Path) -> Iterator[str]:
    known = digests(root / HASHES)
    pinned = {f"{name}=={version}" for name, version in pins(root / CONSTRAINTS).items()}
    for each in sorted(pinned):
        if not known.get(each):
            yield f"{HASHES} has no hash of {each}: run {WRITE}."
    for each in sorted(known.keys() - pinned):
        yield f"{HASHES} has {each}, which {CONSTRAINTS} does not: run {WRITE}."


def needed(root: Path = places.ROOT) -> set[str]:
    """Every package that what is required needs here, itself included."""
    found: set[str] = set()
    wanted = [
        Requirement(line.split("#")[0])
        for file in REQUIRED
        for line in (root / file).read_text(encoding="utf-8").splitlines()
        if PIN.match(line)
    ]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        each = wanted.pop()
        name, extras = canonicalize_name(each.name), frozenset(each.extras)
        if (name, extras) in seen or not installed(name):
            continue
        seen.add((name, extras))
        found.add(name)
        wanted += further(name, extras)
    return found


def further(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in importlib.metadata.requires(name) or ():
        one = Requirement(line)
        if one.marker is None or any(
            one.marker.evaluate({"extra": each}) for each in extras | {""}
        ):
            yield one


def bill(found: Iterable[Part]) -> dict[str, Any]:
    """The bill of materials: CycloneDX 1.6, without a time or a number, so that equal parts make
    an equal text.
    """
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "signalbox", "name": "signalbox"}
        },
        "components": [*map(component, found), *map(vendored, sorted(VENDORED))],
    }


def component(part: Part) -> dict[str, Any]:
    purl = f"pkg:pypi/{part.name}@{part.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        "licenses": [{"license": {"name": part.licence}}],
        "externalReferences": [
            {
                "type": "distribution",
                "url": purl,
                "hashes": [{"alg": "SHA-256", "content": each} for each in sorted(part.hashes)],
            }
        ],
    }


def vendored(text: str) -> dict[str, Any]:
    name = text.removesuffix("-LICENSE.txt").rpartition("/")[2]
    return {
        "type": "file",
        "bom-ref": f"static/{text.removesuffix('-LICENSE.txt')}",
        "name": name,
        "licenses": [{"license": {"name": VENDORED[text]}}],
    }


def audit(root: Path = places.ROOT) -> tuple[bool, str]:
    """Whether no known weakness was found, and what there is to say. That nobody could be asked is
    no failure, and is said.
    """
    program = shutil.which("pip-audit", path=str(Path(sys.executable).parent)) or shutil.which(
        "pip-audit"
    )
    if program is None:
        return (
            True,
            "not asked for known weaknesses: there is no pip-audit here (pip install pip-audit)",
        )
    command = (program, "--disable-pip", "--progress-spinner", "off", "-f", "json")
    try:
        done = subprocess.run(
            (*command, "-r", str(root / HASHES)),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, "not asked for known weaknesses: the index gave no answer in time"
    return told(done.stdout, done.stderr)


def told(answer: str, complaint: str) -> tuple[bool, str]:
    """What pip-audit found, in a line or a few. A package that the index did not know was not
    asked for, and is counted.
    """
    try:
        found = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (complaint.strip().splitlines() or ["no answer"])[-1]
        return True, f"not asked for known weaknesses: {last[:200]}"
    weak = [
        f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}"
        for each in found
        if each.get("vulns")
    ]
    skipped = sum("skip_reason" in each for each in found)
    if skipped == len(found):
        return True, "not asked for known weaknesses: the index knew none of the packages"
    asked = f"{len(found) - skipped} packages asked for, {skipped} not known to the index"
    return not weak, "\n".join([asked, *weak]) if weak else f"no known weakness; {asked}"


def write(root: Path = places.ROOT) -> str:
    """Ask the index for the hashes of every pin and keep them; gives what went wrong."""
    program = shutil.which("uv")
    if program is None:
        return "This asks the index by uv, which is not here: pip install uv."
    options = "--quiet --universal --no-deps --no-header --no-annotate --generate-hashes".split()
    done = subprocess.run(
        (
            program,
            "pip",
            "compile",
            *options,
            "--python-version",
            "3.11",
            CONSTRAINTS,
            "-o",
            HASHES,
        ),
        cwd=root,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


def main() -> int:
    """The gate: prints what is wrong; the exit code."""
    wrong = list(problems())
    for sentence in wrong or [f"{len(parts())} packages pinned with hashes, every licence known"]:
        print(f"   {sentence}")
    well, words = audit()
    print("   " + words.replace("\n", "\n   "))
    return int(bool(wrong) or not well)


if __name__ == "__main__":
    sys.exit(main())
