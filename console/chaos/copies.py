"""The phase on copies of the console's data, once it has come to rest: a journal that somebody has
altered and cut short, and a disk that is full.

A disk that can be filled is a small one of its own, which only root can make; without it that part
is left out, and says so.
"""

import contextlib
import http.client
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path

from console.chaos.play import Chaos, load
from console.chaos.stage import HouseAway, Stage

SPARE_MB = 64
"""Room beyond what the data takes."""
FULL = 12.0
"""Seconds for which the disk stays full."""
RUNS = 12
MEGABYTE = 1 << 20
ANSWERED_IN = 10.0
PAGES = ("/healthz", "/")
RUNNING = ("lock", "postmaster.pid", "addresses.json", "sockets")

CopyFigures = dict[str, int | float]


def tried(folder: Path, say: Callable[[str], None]) -> tuple[CopyFigures, list[str]]:
    """Figures, and each thing that was wrong in a sentence. `folder` holds the data of a console
    that has been closed.
    """
    figures, wrong = corrupted(folder, say)
    more, also = filled(folder, say)
    return {**figures, **more}, [*wrong, *also]


@contextlib.contextmanager
def opened(place: Path) -> Iterator[Stage]:
    """The console on the data in this place, until the block is over."""
    stage = Stage(place)
    try:
        stage.open()
        yield stage
    finally:
        stage.close()


def corrupted(folder: Path, say: Callable[[str], None]) -> tuple[CopyFigures, list[str]]:
    """Whether the proof names the run that was altered and the one that was cut, and no other."""
    place = folder / "corrupted"
    copied(folder / "data", place / "data")
    with opened(place) as stage:
        altered, cut = stage.surely("tamper")
        say("journal altered and cut on a copy")
        named = {run for run, _what in stage.surely("faults")}
    wrong = unnamed({altered: "altered", cut: "cut"}, named)
    return {"altered_named": int(altered in named), "cut_named": int(cut in named)}, wrong


def unnamed(tampered: Mapping[str, str], named: Set[str]) -> list[str]:
    """A sentence for each run that the proof should have named, and for each it should not."""
    missed = [(run, how) for run, how in tampered.items() if run not in named]
    return [
        *(f"{run} was {how}, and the proof does not name it" for run, how in missed),
        *(f"{run} is intact, and the proof names it" for run in sorted(named - tampered.keys())),
    ]


def copied(source: Path, data: Path) -> None:
    """Copy the data with its files' owners, without what belongs to the running console."""
    data.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", str(data)], check=True)
    for left in [each for each in data.rglob("*") if each.name in RUNNING]:
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def filled(folder: Path, say: Callable[[str], None]) -> tuple[CopyFigures, list[str]]:
    """What the console does on a disk that is full for a while, and once there is room again."""
    place = folder / "full"
    source, data = folder / "data", place / "data"
    data.mkdir(parents=True)
    with small_disk(data, size_mb(source) + SPARE_MB) as made:
        if not made:
            say("no disk of its own can be made: a full disk was not tried")
            return {"full_disk_tried": 0}, []
        copied(source, data)
        with opened(place) as stage:
            return full(Chaos(stage, random.Random(1), say), data)  # noqa: S311  dice of a play


def full(chaos: Chaos, data: Path) -> tuple[CopyFigures, list[str]]:
    """Fill the disk under a console at work, look whether it answers, make room again, and compare
    the world with the journal once all runs have come to rest.
    """
    stage = chaos.stage
    chaos.runs = stage.surely("start", script=load(chaos.dice), count=RUNS, name="chaos")
    chaos.say("disk full on a copy")
    ballast = data / "ballast"
    mute, until = 0, time.monotonic() + FULL
    while time.monotonic() < until:
        fill(ballast)
        mute += sum(not answers(stage.port, page) for page in PAGES)
        with contextlib.suppress(HouseAway):
            chaos.runs += stage.ask("start", script=load(chaos.dice), count=1, name="chaos")
        time.sleep(0.5)
    ballast.unlink()
    free = time.monotonic()
    chaos.runs += stage.surely("start", script=load(chaos.dice), count=1, name="chaos")
    recovered = time.monotonic() - free
    chaos.rest()
    _, wrong = chaos.figures()
    if mute:
        wrong.append(f"{mute} requests had no answer while the disk was full")
    found = {"full_disk_tried": 1, "full_disk_mute": mute, "full_disk_recovered_s": recovered}
    return found, [f"on a full disk: {each}" for each in wrong]


@contextlib.contextmanager
def small_disk(place: Path, mb: int) -> Iterator[bool]:
    """A disk of so many megabytes in this place; False where this process may not make one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={mb}m,mode=0755", "chaos", str(place)]
    made = os.geteuid() == 0 and not subprocess.run(command, check=False).returncode
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


def size_mb(folder: Path) -> int:
    """The megabytes that the files take, rounded up."""
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    return sum(each.stat().st_size for each in files) // MEGABYTE + 1


def fill(ballast: Path) -> None:
    """Let the file grow until there is no room for a further page."""
    with ballast.open("ab", buffering=0) as file:
        for piece in (MEGABYTE, 4_096):
            with contextlib.suppress(OSError):
                while file.write(bytes(piece)) == piece:
                    pass


def answers(port: int, page: str) -> bool:
    """Whether the web server gives any answer, be it that something is away."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED_IN)
    try:
        link.request("GET", page)
        return link.getresponse().status > 0
    except OSError:
        return False
    finally:
        link.close()
