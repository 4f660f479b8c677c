"""The stop reasons as Markdown: what each means and what to do about it."""

from collections.abc import Iterator

from runs.engine.stop_reasons import ASKS_PEOPLE, EXPLANATIONS, StopSeverity
from runs.engine.vocabulary import StopReason

SEVERITIES = {
    StopSeverity.GOOD: "as it should be",
    StopSeverity.CALM: "a person wanted it",
    StopSeverity.PERSON: "needs a person",
    StopSeverity.BAD: "went wrong",
}
VERBS = {
    "again": "start one like it",
    "resume": "resume",
    "continue": "continue it from its last step",
    "requeue": "queue it again",
    "settle": "say whether the call happened",
}


def stop_reasons() -> str:
    return "\n\n".join(part for reason in StopReason for part in described(reason))


def described(reason: StopReason) -> Iterator[str]:
    told = EXPLANATIONS[reason]
    yield f"## {told.title}"
    yield f"`{reason}` · {SEVERITIES[told.severity]}"
    yield told.sentence
    yield f"**What to do.** {told.remedy}"
    verbs = ", ".join(VERBS[verb] for verb in told.verbs)
    asked = " As a pause it asks people, and whom it asks resumes it." * (reason in ASKS_PEOPLE)
    yield f"Buttons that fit: {verbs}.{asked}"
