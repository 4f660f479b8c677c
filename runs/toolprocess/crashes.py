"""Which tools ended, froze or filled their processes, as far as that is known beyond one worker."""

from typing import Protocol

from runs.toolprocess.endings import ProcessEnding


class CrashRecord(Protocol):
    """What is known of crashes beyond this worker."""

    async def note(self, ending: ProcessEnding) -> None:
        """Count one more crash for each suspect of this ending."""

    async def lately(self) -> frozenset[str]:
        """The tools that crashed in any worker within a day."""


class Nowhere:
    """No record, so that each worker knows only its own crashes."""

    async def note(self, ending: ProcessEnding) -> None:
        return

    async def lately(self) -> frozenset[str]:
        return frozenset()
