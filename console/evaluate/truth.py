"""What the truth rule says about recorded tool results, against what a reader found.

One JSON object a line: tool, source, result, gold.

Only the words that came back are judged: no transport flag, schema or effect class, and
`result_stripped` where its marker is taken out. Each result is judged once more as a part of a
larger one, before a picture and after it: a good part beside it changes nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from console.json_value import Json
from policies.truth import assessment
from policies.truth.sign import TruthThresholds
from policies.verdicts import Meaning, Verdict

FAILED = "error"
EXAMPLES = 20
EXCERPT = 100
PICTURE = {"type": "image", "mimeType": "image/png", "data": {"$left_out": "binary content"}}


class RecordedResult(NamedTuple):
    """One recorded result, and what a reader found."""

    source: str
    tool: str
    text: Json
    failed: bool


class Judged(NamedTuple):
    """One recorded result, what it was, and what the rule made of it."""

    source: str
    tool: str
    text: str
    failed: bool
    meaning: Meaning
    micros: float

    @property
    def said(self) -> bool:
        return self.meaning.verdict == Verdict.FAILED


def measure(path: Path | str, thresholds: TruthThresholds = assessment.DEFAULTS) -> dict[str, Any]:
    """Precision, recall and false positive rate of the verdict "failed", the same per source, and
    what it got wrong.
    """
    recorded = list(_recorded(Path(path)))
    judged = [_judged(one, one.text, thresholds) for one in recorded]
    in_parts = [
        _judged(one, parts, thresholds)
        for one in recorded
        for parts in ([one.text, PICTURE], [PICTURE, one.text])
    ]
    by_source: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_source[one.source].append(one)
    micros = sorted(one.micros for one in judged)
    return {
        **_figures(judged),
        "in_parts": _figures(in_parts),
        "verdicts": dict(sorted(Counter(str(one.meaning.verdict) for one in judged).items())),
        "p50_us": round(micros[len(micros) // 2], 1) if micros else None,
        "sources": {source: _figures(members) for source, members in sorted(by_source.items())},
        "rules": dict(Counter(one.meaning.rule for one in judged if one.said).most_common()),
        "missed": _examples(one for one in judged if one.failed and not one.said),
        "wrongly": _examples(one for one in judged if one.said and not one.failed),
    }


def _recorded(path: Path) -> Iterator[RecordedResult]:
    with path.open(encoding="utf-8") as lines:
        for line in filter(str.strip, lines):
            record = json.loads(line)
            yield RecordedResult(
                record.get("source", ""),
                record.get("tool") or "",
                record.get("result_stripped", record.get("result")),
                record.get("gold", record.get("label")) == FAILED,
            )


def _judged(one: RecordedResult, result: Json, thresholds: TruthThresholds) -> Judged:
    seen = assessment.CallSeen(one.tool, result)
    start = perf_counter()
    meaning = assessment.judge(seen, thresholds)
    micros = (perf_counter() - start) * 1e6
    return Judged(one.source, one.tool, str(one.text), one.failed, meaning, micros)


def _figures(judged: Iterable[Judged]) -> dict[str, Any]:
    count = Counter((one.failed, one.said) for one in judged)
    caught, missed, wrong, right = (
        count[True, True],
        count[True, False],
        count[False, True],
        count[False, False],
    )
    return {
        "precision": _share(caught, caught + wrong),
        "recall": _share(caught, caught + missed),
        "fpr": _share(wrong, wrong + right),
        "n": count.total(),
        "failed": caught + missed,
        "caught": caught,
        "wrong": wrong,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _examples(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    chosen = [one for one, _ in zip(judged, range(EXAMPLES), strict=False)]
    return [
        {
            "source": one.source,
            "tool": one.tool,
            "rule": one.meaning.rule,
            "score": one.meaning.score,
            "text": one.text[:EXCERPT],
        }
        for one in chosen
    ]
