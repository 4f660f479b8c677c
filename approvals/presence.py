"""Who is looking at a card right now: names in Redis that expire by themselves. Without Redis
nobody is seen.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from console.live import link

FADES = 20.0
"""Seconds after which somebody who is not heard of any more is gone."""
MOST = 12
outage = link.Outage("who is looking")


def look(request: int, user: AbstractBaseUser, at: datetime) -> list[str]:
    """Record that the user looks at the request now, and give the names of others who do. People
    are told apart by id.
    """
    if outage.skip():
        return []
    own = f"{user.pk} "
    key, now = link.channel(f"looking:{request}"), at.timestamp()
    try:
        with link.sender(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            pipe.zadd(key, {f"{own}{user.get_username()}": now})
            pipe.zremrangebyscore(key, 0, now - FADES)
            pipe.expire(key, int(FADES * 2))
            pipe.zrange(key, 0, MOST)
            *_, names = pipe.execute()
    except link.LOST as error:
        outage.failed(error)
        return []
    outage.worked()
    seen = [each.decode() for each in names]
    return sorted({each.partition(" ")[2] for each in seen if not each.startswith(own)})
