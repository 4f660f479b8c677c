"""The roof as a Django app.

Importing the Celery app here makes tasks known wherever Django is set up.
"""

from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.apps import AppConfig

from console.celery import app


class ConsoleConfig(AppConfig):
    name = "console"
    celery = app

    def ready(self) -> None:
        # the rooms hold models, which cannot be imported before every app is known
        from console import restored, wiring  # noqa: PLC0415
        from console.journal import chain_names, content_index, database_clock  # noqa: PLC0415
        from console.live import telling  # noqa: PLC0415
        from console.pages import logs, outage_page  # noqa: PLC0415
        from console.people import naming, person_changes, second_person  # noqa: PLC0415
        from console.signing_in import factors, session_limits  # noqa: PLC0415
        from console.stack import parent_death, quarantine_process  # noqa: PLC0415
        from runs.reading import fleet, redaction  # noqa: PLC0415
        from runs.runtime import nudge, quarantine, watchdog, worker_process  # noqa: PLC0415
        from runs.search import letting_go  # noqa: PLC0415
        from runs.tools import server_processes  # noqa: PLC0415

        def drain(**_facts: Any) -> None:
            """Drain a worker that was asked to end."""
            worker_process.drain()

        def look(sender: Any, **_facts: Any) -> None:
            """A worker that begins looks for runs that nobody holds, rather than wait for the
            watchdog's first round.
            """
            telling.start(str(sender.hostname))
            restored.notice(database_clock.now())
            watchdog.watch(ending=False)
            if nudge.QUEUE in sender.app.amqp.queues.consume_from:
                server_processes.end_abandoned()
                quarantine.apart(quarantine_process.COMMAND)
                worker_process.tools_apart()
                worker_process.ready(sender.pool.limit)

        parent_death.close_to_others()
        logs.install()
        outage_page.connect()
        wiring.join()
        content_index.guard(redaction.GUARDED)
        content_index.name(letting_go.names)
        chain_names.follow(fleet.going)
        person_changes.connect()
        naming.connect()
        second_person.connect()
        session_limits.connect()
        factors.connect()
        worker_ready.connect(look, weak=False)
        worker_shutting_down.connect(drain, weak=False)
