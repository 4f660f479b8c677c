"""The servers that the environment names: whether their addresses can be read and somebody answers
there. One line when not.
"""

import time
from collections.abc import Callable, Mapping

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from console.stack import pooler

PATIENCE = 3.0
"""Seconds for a server that is only just starting."""
ONE_TRY = 3


class NotUsable(Exception):
    """An address of the environment leads nowhere.

    Never quotes the address: it may hold a password.
    """


def check(environment: Mapping[str, str]) -> None:
    """Ask the servers that the environment names, if any. Raises NotUsable."""
    if url := environment.get("DATABASE_URL"):
        check_database(url)
    if url := environment.get("REDIS_URL"):
        check_redis(url)


def check_database(url: str) -> None:
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise NotUsable(
            "DATABASE_URL is no address of a database: it looks like"
            " postgresql://user:password@host:5432/name"
        ) from None
    patiently(
        lambda: psycopg.connect(url, connect_timeout=ONE_TRY).close(),
        "DATABASE_URL: the database cannot be reached",
    )
    try:
        pooler.refuse(url)
    except pooler.Lends as lends:
        raise NotUsable(str(lends)) from None


def check_redis(url: str) -> None:
    try:
        client = redis.Redis.from_url(url, socket_timeout=ONE_TRY, socket_connect_timeout=ONE_TRY)
    except ValueError:
        raise NotUsable(
            "REDIS_URL is no address of a Redis: it looks like redis://host:6379/0 or"
            " unix:///path/to/socket"
        ) from None
    with client:
        patiently(client.ping, "REDIS_URL: Redis cannot be reached")


def patiently(ask: Callable[[], object], trouble: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            ask()
        except (psycopg.Error, redis.RedisError) as error:
            if time.monotonic() > deadline:
                raise NotUsable(f"{trouble}: {' '.join(str(error).split())}") from None
            time.sleep(0.1)
        else:
            return
