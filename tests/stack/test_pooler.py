"""A pool that lends its connections for one transaction is refused at start, in one sentence, by
every process; others are taken.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from console.management.commands import prepare
from console.stack import accounts, given, places, pooler, service
from console.stack.postgres import Postgres
from console.stack.service import StackService
from console.stack.sockets import open_socket_folder
from tests.patience import PATIENCE, ended

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
real = pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer on this machine")
SENTENCE = "a pool that lends a connection for one transaction only"
Pool = Callable[..., str]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A database that lets in whoever reaches its socket:
    a pool runs under an account of its own."""
    folder, sockets = tmp_path_factory.mktemp("pooled"), open_socket_folder()
    sockets.chmod(0o755)
    made = Postgres(folder / "postgres", sockets, durable=False)
    made.make()
    prepared = made.prepare()
    (made.folder / "pg_hba.conf").write_text("local all all trust\n")
    process = service.start(prepared, folder / "postgres.log")
    made.create_database()
    yield made
    service.stop(prepared, process)
    shutil.rmtree(sockets)


@pytest.fixture
def pooled(cluster: Postgres, tmp_path: Path) -> Iterator[Pool]:
    """Starts PgBouncer before the cluster, in some mode, and says where."""
    running: list[tuple[StackService, subprocess.Popen[bytes]]] = []

    def start(mode: str, **own: object) -> str:
        account, sockets = accounts.servant(), open_socket_folder()
        file = sockets / "pgbouncer.ini"
        facts = {
            "listen_addr": "",
            "unix_socket_dir": sockets,
            "listen_port": 6432,
            "auth_type": "any",
            "pool_mode": mode,
            **own,
        }
        lines = [f"{name} = {value}" for name, value in facts.items()]
        file.write_text(
            "\n".join(
                [
                    "[databases]",
                    f"signalbox = host={cluster.sockets} user=postgres",
                    "[pgbouncer]",
                    *lines,
                    "",
                ]
            )
        )
        accounts.give(file, account)
        url = f"postgresql://postgres@/signalbox?host={sockets}&port=6432"
        prepared = StackService(
            "pgbouncer",
            (str(PGBOUNCER), str(file)),
            ready=lambda: answers(url),
            account=account,
            folder=Path("/"),
        )
        running.append((prepared, service.start(prepared, tmp_path / "pgbouncer.log")))
        return url

    yield start
    for prepared, process in running:
        service.stop(prepared, process)
        shutil.rmtree(Path(prepared.argv[1]).parent)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


@real
@pytest.mark.parametrize("own", [{}, {"server_round_robin": 1}, {"default_pool_size": 1}])
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pool_that_lends_for_a_transaction_is_told(
    pooled: Pool, mode: str, own: dict[str, object]
) -> None:
    with pytest.raises(pooler.Lends, match=SENTENCE):
        pooler.refuse(pooled(mode, **own))


@real
def test_it_is_told_while_others_use_the_pool(pooled: Pool) -> None:
    url, over = pooled("transaction"), threading.Event()

    def busy() -> None:
        with psycopg.connect(url, prepare_threshold=None) as connection:
            while not over.is_set():
                connection.execute("SELECT count(*) FROM generate_series(1, 1000)")
                connection.commit()

    others = [threading.Thread(target=busy) for _ in range(4)]
    for other in others:
        other.start()
    try:
        for _ in range(5):
            with pytest.raises(pooler.Lends):
                pooler.refuse(url)
    finally:
        over.set()
        ended(*others)


@real
def test_a_pool_that_lends_for_a_session_is_taken(pooled: Pool) -> None:
    pooler.refuse(pooled("session"))


def test_a_database_itself_is_taken(cluster: Postgres) -> None:
    pooler.refuse(cluster.url())


def test_a_database_that_is_away_is_left_to_others_to_tell() -> None:
    pooler.refuse("postgresql:///nowhere?host=/nowhere")


@real
def test_the_launcher_says_so(pooled: Pool) -> None:
    with pytest.raises(given.NotUsable, match=SENTENCE):
        given.check_database(pooled("transaction"))


@real
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "django", "prepare"],
        ["-m", "daphne", "console.asgi:application"],
        [
            "-m",
            "console.stack.celery_worker",
            "-A",
            "console.celery",
            "worker",
            "-Q",
            "runs",
            "-P",
            "threads",
        ],
        [
            "-m",
            "console.stack.celery_worker",
            "-A",
            "console.celery",
            "worker",
            "-Q",
            "clock",
            "-P",
            "threads",
        ],
    ],
    ids=["prepare", "web", "worker", "clock"],
)
def test_every_process_refuses_it_in_one_sentence(pooled: Pool, command: list[str]) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": pooled("transaction"),
        "DJANGO_SETTINGS_MODULE": "console.settings",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=places.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert SENTENCE in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_nobody_gives_back_is_named_and_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "TURN", 0.3)
    with psycopg.connect(settings.DATABASE_DSN, application_name="a deploy") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [prepare.LOCK])
        other.commit()
        began = time.monotonic()
        with pytest.raises(
            CommandError,
            match=rf"held by server process {other.info.backend_pid} \(a deploy, idle since",
        ):
            call_command("prepare")
    assert time.monotonic() - began < 20
