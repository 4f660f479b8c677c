"""Which tools ended, froze or filled their processes, as far as that is known beyond one worker."""

from typing import Protocol

from runs.toolprocess.endings import ProcessEnding


class CrashRecord(Protocol):
    """What is known of crashes beyond this worker."""

    async def note(self, ending: ProcessEnding) -> None:
        """It happened once more, to each of its suspects."""

    async def lately(self) -> frozenset[str]:
        """The tools that any worker has seen do it within a day."""


class Nowhere:
    """No record: each worker by itself."""

    async def note(self, ending: ProcessEnding) -> None:
        return

    async def lately(self) -> frozenset[str]:
        return frozenset()
