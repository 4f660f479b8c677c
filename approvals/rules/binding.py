"""What binds a decision to one exact action: a digest of tool, arguments, run and call. Pure."""

import hashlib
from typing import Any

from console.journal.canonical_json import canonical


def digest(run: str, kind: str, call: str, tool: str, args: Any) -> str:
    """64 hex digits; any other tool, argument, run or call has another one."""
    return hashlib.sha256(canonical([run, kind, call, tool, args]).encode()).hexdigest()
