"""The servers that the environment names: whether their addresses can be read and somebody answers
there. One line when not.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from console import environment_values
from console.signing_in import oidc_settings
from console.stack import database_fitness, pooler

PATIENCE = 3.0
"""Seconds for a server that is only just starting."""
ONE_TRY = 3


class NotUsable(Exception):
    """An address of the environment leads nowhere.

    Never quotes the address: it may hold a password.
    """


def check(environment: Mapping[str, str]) -> None:
    """Read the values that the environment gives and ask the servers that it names, if any. Raises
    NotAValue and NotUsable.
    """
    environment_values.check(environment)
    oidc_settings.read(environment)
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
    patiently(partial(_fits, url), "DATABASE_URL: the database cannot be reached")
    try:
        pooler.refuse(url)
    except pooler.Lends as lends:
        raise NotUsable(str(lends)) from None


def _fits(url: str) -> None:
    with psycopg.connect(url, connect_timeout=ONE_TRY, autocommit=True) as connection:
        if said := database_fitness.unfit(connection):
            raise NotUsable(f"DATABASE_URL: the database cannot be used: {said}")


def check_redis(url: str) -> None:
    try:
        client = redis.Redis.from_url(url, socket_timeout=ONE_TRY, socket_connect_timeout=ONE_TRY)
    except ValueError:
        raise NotUsable(
            "REDIS_URL is no address of a Redis: it looks like redis://host:6379/0 or"
            " unix:///path/to/socket"
        ) from None
    database = urlsplit(url).path.strip("/")
    if not url.startswith("unix:") and database and not database.isdecimal():
        raise NotUsable(
            f"REDIS_URL names the database {database!r}: it takes a number, as in"
            " redis://host:6379/0"
        )
    with client:
        try:
            patiently(client.ping, "REDIS_URL: Redis cannot be reached")
        except TypeError as error:  # what the address asks for is first read when it connects
            option = str(error).rpartition("argument ")[2]
            raise NotUsable(f"REDIS_URL has an option that Redis does not know: {option}") from None


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
