"""The house's names in Redis, and what each may hold. Others may use the server, but not names with
our prefix.

Nothing is kept only there, so a key that is not as it should be can be removed.
"""

import logging

import redis

from console.live import link

log = logging.getLogger(__name__)
KINDS = {
    "runs": "list",
    "clock": "list",
    "unacked": "hash",
    "unacked_index": "zset",
    "_kombu.binding_deadlines": "zset",
    "_kombu.binding_permanent.runs": "set",
    "_kombu.binding_permanent.clock": "set",
    "_kombu.binding.runs": "set",
    "_kombu.binding.clock": "set",
    "_kombu.binding.celery.pidbox": "set",
    "_kombu.binding.reply.celery.pidbox": "set",
}


def wrong(client: redis.Redis) -> dict[str, str]:
    """Keys of ours that hold something else than they should, each with a sentence about it."""
    found = {
        link.key(name): (_text(client.type(link.key(name))), kind) for name, kind in KINDS.items()
    }
    return {
        key: f"the key {key} is a {is_a}, not a {kind}"
        for key, (is_a, kind) in found.items()
        if is_a not in {kind, "none"}
    }


def _text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer


def clear(url: str) -> None:
    """Remove what would keep a worker from its messages. Does nothing when Redis is away."""
    try:
        client = link.sender(url)
        for key, sentence in wrong(client).items():
            log.warning(
                "Redis: %s: another program must have written it; it is removed, since nothing of"
                " ours is kept only there",
                sentence,
            )
            client.delete(key)
    except link.LOST as error:
        log.warning("Redis was not looked at: %s", error)
