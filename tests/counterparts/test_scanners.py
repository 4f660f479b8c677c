"""What scanners look for, at the real server, by wapiti and sqlmap as their makers ship them: they
go through its pages as somebody who is signed in, and find nothing.
"""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import Group, User

from console.bench.flood import TRACEBACK
from console.stack.processes import Running
from tests.counterparts import environments, programs
from tests.doors.house import furnished
from tests.live import sockets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3_600),
    pytest.mark.django_db(transaction=True),
]
WAPITI, SQLMAP = "wapiti3==3.2.3", "sqlmap==1.10.10"
MODULES = (
    "backup,cookieflags,crlf,csp,exec,file,htaccess,http_headers,methods,permanentxss,"
    "redirect,sql,timesql,upload,xss"
)
"""Those that ask nobody outside of this machine. Not csrf, which takes two refusals that read alike
for a token that nobody checks. Not ldap: there is no directory here, and it takes two refusals that
differ for an answer of one, where its payload holds a NUL, or a star as the page's own style does.
"""
LEAVES = ("/signout/*", "/account/sessions/*", "/admin/logout/*")
"""What would end the session that the scanner comes with."""
ATTACK_SECONDS = 60
"""For each of the modules."""
SCAN_SECONDS = 1_800
WITHOUT_TLS = ("Strict-Transport-Security", "Secure flag")
"""Said of every server that is asked without TLS; tests/core/test_public_address holds them."""
ASKED = (
    "/?q=refund*&tab=all",
    "/?q=agent:refund-desk*",
    "/audit/?q=refund*",
    "/audit/?q=tool:issue_refund*&before=9*",
    "/approvals/?tool=issue_refund*",
    "/find/?q=1042*",
    "/insights/?group=tool*&range=24h*",
    "/complete/fleet/?q=ag*",
)
"""Addresses whose parameters come near to a statement; the star is where sqlmap puts its own."""


@pytest.fixture
def cookie(web: Running) -> str:
    furnished()
    user = User.objects.create_user("scanner")
    user.groups.set(Group.objects.filter(name__in=["operator", "auditor"]))
    return sockets.cookie(sockets.session_of(user))


def unsurprised(web: Running) -> None:
    assert [found[0] for found in TRACEBACK.finditer(web.log.read_text(errors="replace"))] == []


def scanned(command: list[str], folder: Path, limit: float) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env=programs.surroundings({"HOME": str(folder)}),
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-4_000:]
    return ended.stdout


def found(report: dict[str, Any]) -> list[str]:
    """What is more than information, and every answer of 500 or above."""
    kinds = {**report["vulnerabilities"], **report["anomalies"]}
    return sorted(
        f"{kind}: {one['method']} {one['path']} {one['info']}"
        for kind, each in kinds.items()
        for one in each
        if not any(said in f"{kind} {one['info']}" for said in WITHOUT_TLS)
    )


def test_wapiti_finds_nothing(web: Running, cookie: str, tmp_path: Path) -> None:
    python = environments.python(WAPITI)
    told = tmp_path / "told.json"
    left_out = [part for path in LEAVES for part in ("-x", f"{web.url}{path}")]
    scanned(
        [
            *(str(python.parent / "wapiti"), "-u", f"{web.url}/", "--scope", "domain"),
            *("-m", MODULES, "-C", cookie),
            *("--flush-session", "--no-bugreport"),
            *("--store-session", str(tmp_path / "session"), "-f", "json", "-o", str(told)),
            *("--max-attack-time", str(ATTACK_SECONDS), "--max-links-per-page", "40", "-d", "3"),
            *("--max-files-per-dir", "12", "--tasks", "4", "-v", "0"),
            *left_out,
        ],
        tmp_path,
        SCAN_SECONDS,
    )
    report = json.loads(told.read_text())
    assert report["infos"]["crawled_pages_nbr"] >= 40
    assert not (faults := found(report)), "\n".join(faults)
    unsurprised(web)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: urlsplit(asked).path)
def test_sqlmap_gets_into_no_statement(
    web: Running, cookie: str, tmp_path: Path, asked: str
) -> None:
    plain = httpx.get(
        web.url + asked.replace("*", ""),
        headers={"Cookie": cookie},
        timeout=60,
        follow_redirects=True,
    )
    assert plain.status_code == 200
    python = environments.python(SQLMAP)
    said = scanned(
        [
            *(str(python.parent / "sqlmap"), "-u", f"{web.url}{asked}", "--cookie", cookie),
            *("--batch", "--level", "2", "--risk", "2", "--dbms", "PostgreSQL", "--threads", "2"),
            *("--disable-coloring", "--flush-session", "--time-sec", "3", "--technique", "BEUST"),
            *("--output-dir", str(tmp_path / "sqlmap")),
        ],
        tmp_path,
        SCAN_SECONDS,
    )
    assert "do not appear to be injectable" in said, said[-3_000:]
    unsurprised(web)
