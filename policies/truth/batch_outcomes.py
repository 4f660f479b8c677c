"""Batches of which a part failed, and work that was only accepted: "3 of 5 rows failed", "queued".

Speaks of what acts: a report that counts failures is somebody's data.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from policies.truth import other_languages
from policies.truth.field_names import BAD_STATUS, NO_ERROR, bare
from policies.truth.roles import ToolRole, words_of
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
    r"|^\W{0,3}(?:completed|finished|done) with (?:\d+ )?(?:errors|failures)\b"
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
    r"|^(?:request )?accepted\W*$"
    r"|\bis (?:now )?(?:in the queue|being processed)\b"
    r"|\b(?:running|processing|started) in the background\b"
    r"|\b(?:submitted for|awaiting|pending|waiting for) (?:\w+ )?approval\b"
)
FAILED_HINTS = ("fail", "reject", "error", "could not", "were not", "was not", "not ")
ACCEPTED_HINTS = ("accepted", "queue", "submitted", "scheduled", "will be", "202", "background",
                  "being processed", "approval")  # fmt: skip
ACCEPTED_STATUS = words("accepted queued enqueued 202")
HANDLES = words(
    "jobid taskid operationid requestid statusurl pollurl trackingurl location job task operation"
    " queueposition messageid executionid"
)
FAILED_COUNTS = words(
    "failed failures failedcount failurecount numfailed errorcount rejected rejectedcount"
    " unsuccessful failedrows failedrecords faileditems failure failedrecordcount failedentrycount"
    " failedrequestcount unprocesseditems unprocessedkeys unprocessed failedcount errorscount"
    " failedtasks faileddocuments"
)
OTHER_COUNTS = words(
    "succeeded successful success successcount succeededcount processed total inserted updated"
    " created deleted imported sent ok accepted passed completed count records entries results"
    " requestresponses responses successfulrecords took"
)
LISTS = words(
    "results items records rows responses operations outcomes entries messages multistatus"
)
OF_CALLS = words("results responses operations outcomes messages multistatus")
CHANGED = words("matchedcount affectedrows rowsaffected rowcount deletedcount updatedcount")
CHANGING = words("update delete set change edit modify patch cancel remove move rename assign")
CHANGED_NONE = re.compile(
    r"^(?:update|delete) 0$"
    r"|^\W{0,3}0 (?:rows?|records?|documents?) (?:were )?"
    r"(?:affected|updated|deleted|changed|modified)\b"
)
ERRORS = words("error errors exception errorcode errormessage errortext errormsg failurereason")
CODES = words("status code statuscode httpstatus httpcode httpstatuscode responsecode")
PENDING = words(
    "pending processing inprogress running started working scheduled submitted notstarted"
)
OF_APPROVAL = words(
    "pendingapproval awaitingapproval waitingforapproval approvalrequired requiresapproval"
    " needsapproval pendingreview inreview pendingconfirmation awaitingconfirmation"
)
OPERATION = words(
    "jobid taskid operationid statusurl pollurl trackingurl operationlocation executionid job"
    " task operation runid workflowid"
)
ASKING = words("query sql select report")
TRIAL = re.compile(r"^\W{0,3}dry[ -]?run\b|\(dry[ -]?run\)|\bdry[ -]run (?:mode|only|completed?)\b")
TRIALS = words("dryrun simulated simulation testmode sandboxed validateonly")
ASKING_PEOPLE = words("request approval ask submit propose")
BEGINNING = words("start begin launch schedule enqueue queue submit trigger dispatch")
TRYING = words("dry plan preview simulate simulation validate trial test rehearse")
ROWS = 200
ACTING = frozenset({ToolRole.ACT, ToolRole.SHELL})


def signs_of_text(lowered: str, scan: ScanContext) -> Iterator[Sign]:
    """Signs in the opening of a message of something that acts."""
    if scan.role not in ACTING:
        return
    head = lowered[:HEAD]
    if "dry" in head and (hit := TRIAL.search(head)) and not words_of(scan.tool) & TRYING:
        yield Sign("trial", hit[0])
    if words_of(scan.tool) & CHANGING and (hit := CHANGED_NONE.search(head)):
        yield Sign("no_effect", hit[0])
    if _is_table(lowered) and (bad := _bad_rows(lowered)):
        yield Sign("partial", bad)
    if partial := _partial(head):
        yield Sign("partial", partial)
    if other_languages.hinted(ACCEPTED_HINTS, head) and (hit := ACCEPTED.search(head)):
        yield Sign("accepted", hit[0])


def _is_table(lowered: str) -> bool:
    """Whether a text is lines of values between commas under a heading that names an outcome."""
    heading = lowered.partition("\n")[0]
    return "," in heading and bool(
        {bare(name) for name in heading.split(",")} & (ERRORS | {"status", "result", "outcome"})
    )


def _bad_rows(lowered: str) -> str:
    """The first row of a table of which one value is a failure."""
    heading, *rows = lowered.splitlines()[:ROWS]
    places = [bare(name) for name in heading.split(",")]
    for row in rows:
        values = dict(zip(places, (value.strip() for value in row.split(",")), strict=False))
        if _failed(values) or any(
            values.get(name, "").startswith(("error", "failed")) for name in ("result", "status")
        ):
            return row
    return ""


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
    if failed and (
        failed[0].startswith("unprocessed")
        or any(isinstance(fields[name], int | list) for name in fields.keys() & OTHER_COUNTS)
    ):
        yield Sign("partial", f"{failed[0]} {_count(fields[failed[0]])}")
    for name in fields.keys() & LISTS:
        yield from signs_of_items(fields[name], scan, named=name in OF_CALLS)
    if any(fields[name] is True for name in fields.keys() & TRIALS) and not (
        words_of(scan.tool) & TRYING
    ):
        yield Sign("trial", f"{min(fields.keys() & TRIALS)} is true")
    yield from _going_on(fields, scan)
    none = [name for name in fields.keys() & CHANGED if fields[name] == 0]
    if none and words_of(scan.tool) & CHANGING and not fields.get("upsertedid"):
        yield Sign("no_effect", f"{min(none)} 0")
    states = {bare(str(fields[name])) for name in fields.keys() & {"status", "state", "statuscode"}}
    if states & ACCEPTED_STATUS and (fields.keys() & HANDLES or "202" in states):
        yield Sign("accepted", f"status {min(states)}")


def _going_on(fields: Mapping[str, Any], scan: ScanContext) -> Iterator[Sign]:
    """Work that has begun and has a handle, and what waits for somebody's yes."""
    states = {bare(str(fields[name])) for name in fields.keys() & {"status", "state"}}
    if states & OF_APPROVAL and not words_of(scan.tool) & ASKING_PEOPLE:
        yield Sign("accepted", f"status {min(states & OF_APPROVAL)}")
    handles = fields.keys() & OPERATION
    begun = bool(states & PENDING) or (not states and "statusurl" in handles)
    if handles and begun and not words_of(scan.tool) & BEGINNING:
        yield Sign("accepted", f"{min(handles)} {min(states) if states else ''}".strip())
    task = fields.get("task")
    if (
        isinstance(task, Mapping)
        and "taskId" in task
        and bare(str(task.get("status"))) != "completed"
    ):
        yield Sign("accepted", f"task {task['taskId']}")
    name = str(fields.get("name", ""))
    if "operations/" in name and fields.get("done", False) is False:
        yield Sign("accepted", name)


def signs_of_items(items: Any, scan: ScanContext, *, named: bool = False) -> Iterator[Sign]:
    """A list of outcomes, of which some are failures: what each says of itself. When the list is
    `named` for what was done, all of them may be.
    """
    if scan.role not in ACTING or not isinstance(items, list) or words_of(scan.tool) & ASKING:
        return
    outcomes = [item for item in islice(items, ITEMS) if isinstance(item, Mapping)]
    failed = [item for item in outcomes if _failed(item)]
    if 0 < len(failed) < len(items) or (failed and named):
        yield Sign("partial", f"{len(failed)} of {len(items)}: {dict(failed[0])}")


def _failed(item: Mapping[str, Any]) -> bool:
    for key, value in item.items():
        name = bare(str(key))
        if name in ERRORS and value and bare(str(value)) not in NO_ERROR:
            return True
        if name in CODES and _is_bad_code(value):
            return True
        if name in ("status", "state", "result", "outcome") and bare(str(value)) in BAD_STATUS:
            return True
        if name in ("success", "ok", "succeeded") and value is False:
            return True
    return False


def _is_bad_code(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599


def _count(value: Any) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    return len(value) if isinstance(value, list | Mapping) else 0
