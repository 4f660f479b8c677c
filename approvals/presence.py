"""Who is looking at a card right now: names in Redis that fade by themselves.

Best effort: without Redis nobody is seen.
"""

from datetime import datetime

from django.conf import settings

from console.live import link

FADES = 20.0
"""Seconds after which somebody who says nothing more is gone."""
MOST = 12
outage = link.Outage("who is looking")


def look(request: int, name: str, at: datetime) -> list[str]:
    """Say that `name` looks at the request now; the others who do, by name."""
    if outage.skip():
        return []
    key, now = link.channel(f"looking:{request}"), at.timestamp()
    try:
        with link.sender(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            pipe.zadd(key, {name: now})
            pipe.zremrangebyscore(key, 0, now - FADES)
            pipe.expire(key, int(FADES * 2))
            pipe.zrange(key, 0, MOST)
            *_, names = pipe.execute()
    except link.LOST as error:
        outage.failed(error)
        return []
    outage.worked()
    return sorted(each.decode() for each in names if each.decode() != name)


def leave(request: int, name: str) -> None:
    """They have turned to something else."""
    if outage.skip():
        return
    try:
        link.sender(settings.REDIS_URL).zrem(link.channel(f"looking:{request}"), name)
    except link.LOST as error:
        outage.failed(error)
