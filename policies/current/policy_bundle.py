"""The policies in force as this process knows them: one immutable bundle, read again when the
revision in the database has moved.

Each kind is read apart: a row of one that cannot be read leaves that kind as it was, and no halt
waits for it.

Asking costs nothing. A thread looks at the revision twice a second, and at once when an edit is
announced; the announcement may be lost.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django import db
from django.db import connection, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

from console.live import control
from console.live.poller import Poller
from policies.current.revision import Revision

T = TypeVar("T")
CHANNEL = "policies"
ANNOUNCED = frozenset({"policies", "auth"})
"""Apps whose rows are part of the bundle: policies, and people with their groups."""
POLL = 0.5
NEVER = -1
"""The revision of a bundle of which not everything is as new as the rest: none that an edit moves
to.
"""
AWAY = (db.OperationalError, db.InterfaceError)


@dataclass(frozen=True, eq=False)
class PolicyPart(Generic[T]):
    """One kind of policy: `load` reads it from the database and makes it ready for use. What `load`
    returns must never change. One that is `urgent` is read, and in force, before all others.
    """

    name: str
    load: Callable[[], T]
    urgent: bool = False


class PoliciesUnread(Exception):
    """Some kinds of policies could not be read; they stay as they were."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """All policies at one revision."""

    revision: int
    parts: Mapping[str, Any]

    def get(self, part: PolicyPart[T]) -> T:
        return cast("T", self.parts[part.name])


_offered: dict[str, PolicyPart[Any]] = {}
_bundle: Bundle | None = None
_loading = threading.Lock()


def offer(name: str, load: Callable[[], T], *, urgent: bool = False) -> PolicyPart[T]:
    """Make something part of the bundle. Called once for each part, in a module that is imported at
    start.
    """
    global _bundle
    part = _offered[name] = PolicyPart(name, load, urgent)
    _bundle = None
    return part


def bundle() -> Bundle:
    """The policies in force. Reads the database only the first time."""
    return _bundle or _first()


def refresh() -> bool:
    """Read the policies again if anything was edited; True when it was. Not for an event loop's
    thread, since it queries.

    Raises PoliciesUnread when some kinds could not be read, and stay as they were; all others are
    in force then, and the next look reads everything again.
    """
    global _bundle
    with _loading:
        revision = _revision()
        if _bundle is not None and _bundle.revision == revision:
            return False
        # the number is read before the rows: an edit in between is read twice rather than never
        fresh: dict[str, Any] = {}
        wrong: list[str] = []
        for part in sorted(_offered.values(), key=lambda part: not part.urgent):
            try:
                fresh[part.name] = part.load()
            except AWAY:
                raise
            except Exception as error:
                if _bundle is None:
                    raise
                wrong.append(f"{part.name}: {error}")
            if _bundle is not None and part.urgent and moved(_bundle, fresh, part.name):
                _bundle = Bundle(NEVER, {**_bundle.parts, **fresh})
        if _bundle is None or not wrong:
            _bundle = Bundle(revision, fresh)
            return True
        _bundle = Bundle(NEVER, {**_bundle.parts, **fresh})
        raise PoliciesUnread("; ".join(wrong))


def moved(known: Bundle, fresh: Mapping[str, Any], name: str) -> bool:
    """Whether that kind is otherwise now."""
    return name in fresh and fresh[name] != known.parts[name]


def forget() -> None:
    """Make the next question read the database."""
    global _bundle
    _bundle = None


def announce() -> None:
    """Tell every process, once it is committed, that there is something to read."""
    transaction.on_commit(lambda: control.nudge(CHANNEL, {}))


def connect() -> None:
    """Announce edits through models from now on; called once, when the app is ready. The poll
    notices other edits.
    """
    for signal in (post_save, post_delete, m2m_changed):
        signal.connect(_edited, dispatch_uid="policies.edited")


class PolicyWatch:
    """The thread that keeps the bundle fresh, until `stop`."""

    def __init__(self) -> None:
        trouble = "policies not read; those before stay in force"
        self._poller = Poller(
            "policies",
            _refresh_and_close,
            pauses=(POLL,),
            trouble=trouble,
            away=(db.Error, PoliciesUnread),
        )
        self._listener = control.listen(
            CHANNEL, lambda _payload: self._poller.wake(), self._poller.wake
        )
        self._poller.start()

    def start(self) -> None:
        """Restart whatever has died."""
        self._poller.start()
        self._listener.start()

    def stop(self) -> None:
        self._listener.stop()
        self._poller.stop(POLL)


_watch: PolicyWatch | None = None


def start() -> None:
    """Keep the bundle fresh from now on. For processes that judge calls; idempotent."""
    global _watch
    with _loading:
        if _watch is None:
            _watch = PolicyWatch()
        else:
            _watch.start()


def stop() -> None:
    global _watch
    with _loading:
        watch, _watch = _watch, None
    if watch is not None:
        watch.stop()


def _revision() -> int:
    return Revision.objects.values_list("number", flat=True).get()


def _first() -> Bundle:
    """The first bundle of this process. On an event loop, which Django does not serve, a thread
    reads it and is waited for once.
    """
    if _on_a_loop():
        thread = threading.Thread(target=_refresh_and_close, name="policies-first")
        thread.start()
        thread.join()
    else:
        refresh()
    if _bundle is None:
        raise RuntimeError("the policies could not be read; see the log")
    return _bundle


def _refresh_and_close() -> None:
    try:
        refresh()
    finally:
        connection.close()


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _edited(sender: Any, **_facts: Any) -> None:
    if sender._meta.app_label in ANNOUNCED:
        announce()
