"""Whether this process can serve: it reaches the database and Redis. For launchers, load balancers and people."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

PATIENCE = 2.0


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, 503 when not. Names what is wrong, never why: the reasons are in the log."""
    states = {"database": _database_answers(), "redis": _redis_answers()}
    words = {name: "ok" if well else "unreachable" for name, well in states.items()}
    return JsonResponse(words, status=200 if all(states.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
