"""Batches of which a part failed, and work that was only accepted: "3 of 5 rows failed", "queued".

Speaks of what acts: a report that counts failures is somebody's data.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from policies.truth import other_languages
from policies.truth.field_names import BAD_STATUS, bare
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, words

ITEMS = 50
HEAD = 600
FAILED = r"(?:failed|rejected|errored|could not be|were not|was not|not (?:sent|saved|delivered))"
GOOD = r"\d+(?: [\w-]+){0,2} (?:succeeded|ok|done|passed|imported|sent|inserted|updated|saved)"
BAD = r"([1-9]\d*)(?: [\w-]+){0,2} (?:failed|rejected|errored|with errors)"
PARTLY = re.compile(
    rf"\b([1-9]\d*) ?(?:of|out of|/) ?(?:the )?(\d+)\b(?: [\w-]+){{0,3}}? {FAILED}\b"
    rf"|\b{GOOD}\W{{1,3}}(?:and )?{BAD}\b|\b{BAD}\W{{1,3}}(?:and )?{GOOD}\b"
    r"|\b(?:failed|failures|rejected) ?[:=] ?([1-9]\d*)\W{1,3}(?:and )?\w{2,12} ?[:=] ?\d+\b"
    r"|\b\w{2,12} ?[:=] ?\d+\W{1,3}(?:and )?(?:failed|failures|rejected) ?[:=] ?([1-9]\d*)\b"
)
DONE = re.compile(
    r"\b(?:imported|inserted|updated|deleted|sent|delivered|uploaded|saved|created|written|copied"
    r"|moved|applied|loaded|processed) (?:only )?(\d+) ?(?:of|out of|/) ?(?:the )?(\d+)\b"
)
ACCEPTED = re.compile(
    r"\b(?:accepted|queued|enqueued|submitted|scheduled) (?:and (?:is )?|for |to )"
    r"(?:processing|execution|delivery|review|be (?:processed|sent|run|executed)|queued|pending)\b"
    r"|\bwill be (?:processed|sent|executed|delivered|applied) (?:later|shortly|soon|in the"
    r" background|asynchronously)\b"
    r"|^(?:http )?202\b(?! (?:of|out)\b| ?/)|\bqueued\W*$"
    r"|\bis (?:now )?(?:in the queue|being processed)\b"
    r"|\b(?:running|processing|started) in the background\b"
)
FAILED_HINTS = ("fail", "reject", "error", "could not", "were not", "was not", "not ")
ACCEPTED_HINTS = ("accepted", "queue", "submitted", "scheduled", "will be", "202", "background",
                  "being processed")  # fmt: skip
ACCEPTED_STATUS = words("accepted queued enqueued 202")
HANDLES = words(
    "jobid taskid operationid requestid statusurl pollurl trackingurl location job task operation"
    " queueposition messageid executionid"
)
FAILED_COUNTS = words(
    "failed failures failedcount failurecount numfailed errorcount rejected rejectedcount"
    " unsuccessful failedrows failedrecords faileditems"
)
OTHER_COUNTS = words(
    "succeeded successful success successcount succeededcount processed total inserted updated"
    " created deleted imported sent ok accepted passed completed count"
)
LISTS = words("results items records rows responses operations outcomes entries")
ACTING = frozenset({ToolRole.ACT, ToolRole.SHELL})


def signs_of_text(lowered: str, scan: ScanContext) -> Iterator[Sign]:
    """Signs in the opening of a message of something that acts."""
    if scan.role not in ACTING:
        return
    head = lowered[:HEAD]
    if partial := _partial(head):
        yield Sign("partial", partial)
    if other_languages.hinted(ACCEPTED_HINTS, head) and (hit := ACCEPTED.search(head)):
        yield Sign("accepted", hit[0])


def _partial(head: str) -> str:
    if other_languages.hinted(FAILED_HINTS, head) and (hit := PARTLY.search(head)):
        return hit[0]
    done = DONE.search(head) if " of " in head or "/" in head else None
    return done[0] if done and int(done[1]) < int(done[2]) else ""


def signs_of_object(data: Mapping[str, Any], scan: ScanContext) -> Iterator[Sign]:
    """Signs in the counts, the items and the state of an answer to something that acts."""
    if scan.role not in ACTING:
        return
    fields = {bare(str(key)): value for key, value in islice(data.items(), ITEMS)}
    failed = [name for name in fields.keys() & FAILED_COUNTS if _count(fields[name])]
    if failed and any(
        isinstance(fields[name], int | list) for name in fields.keys() & OTHER_COUNTS
    ):
        yield Sign("partial", f"{failed[0]} {_count(fields[failed[0]])}")
    for name in fields.keys() & LISTS:
        yield from signs_of_items(fields[name], scan)
    states = {bare(str(fields[name])) for name in fields.keys() & {"status", "state", "statuscode"}}
    if states & ACCEPTED_STATUS and (fields.keys() & HANDLES or "202" in states):
        yield Sign("accepted", f"status {min(states)}")


def signs_of_items(items: Any, scan: ScanContext) -> Iterator[Sign]:
    """A list of outcomes, of which some are failures: what each says of itself."""
    if scan.role not in ACTING or not isinstance(items, list) or len(items) < 2:
        return
    outcomes = [item for item in islice(items, ITEMS) if isinstance(item, Mapping)]
    failed = [item for item in outcomes if _failed(item)]
    if 0 < len(failed) < len(items):
        yield Sign("partial", f"{len(failed)} of {len(items)}: {dict(failed[0])}")


def _failed(item: Mapping[str, Any]) -> bool:
    for key, value in item.items():
        name = bare(str(key))
        if name in ("error", "errors", "exception") and value:
            return True
        if name in ("status", "state", "result", "outcome") and bare(str(value)) in BAD_STATUS:
            return True
        if name in ("success", "ok", "succeeded") and value is False:
            return True
    return False


def _count(value: Any) -> int:
    if isinstance(value, bool):
        return 0
    return value if isinstance(value, int) else len(value) if isinstance(value, list) else 0
