"""Thresholds of loops are fitted to recorded runs: nobody writes them, and a source that a fit was
not shown is judged by it.
"""

import gzip
import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from console.evaluate import loop_fit, loops, sweeps, trajectories
from console.evaluate.loops import LedgerEntry, WatchedRun
from policies.loops import fitted_numbers
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds

ANSWERS = {"loops": '{"state": "open"}', "works": "the {} crates of ship {}"}


def run(source: str, failed: bool | None, last: float, peak: float | None = None) -> WatchedRun:
    highest = last if peak is None else peak
    return WatchedRun(source, failed, last, highest, False, frozenset(), ())


def everywhere(seen: list[WatchedRun]) -> dict[LoopThresholds, list[WatchedRun]]:
    """Runs whose scores do not depend on the setting."""
    return dict.fromkeys(loop_fit.settings(), seen)


def trace(number: int, source: str, outcome: str, calls: int, looping: bool) -> dict[str, Any]:
    steps = [
        {
            "index": index, "kind": "tool", "actor": "agent", "tool": "get_order",
            "args": {"order": "A1" if looping else f"A{index}"}, "is_error": False, "meta": {},
            "result": ANSWERS["loops"] if looping else ANSWERS["works"].format(index, index * 7),
        }
        for index in range(calls)
    ]  # fmt: skip
    return {
        "trace_id": str(number),
        "source": source,
        "goal": "Find the order.",
        "outcome": outcome,
        "steps": steps,
    }


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    traces = [
        trace(number * 10 + place, source, outcome, 9, looping)
        for number, source in enumerate(("shop", "mill", "port"))
        for place, (outcome, looping) in enumerate(
            [("failure", True), ("failure", True), ("success", False), ("success", False)]
        )
    ]
    path = tmp_path / "traces.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(one) for one in traces).encode()))
    return path


def test_the_shipped_thresholds_are_the_fit_and_nothing_else() -> None:
    assert replace(loop_fit.PRIOR, **fitted_numbers.FITTED) == DEFAULTS
    assert DEFAULTS.digest() == fitted_numbers.DIGEST


def test_a_digest_tells_any_two_sets_of_thresholds_apart() -> None:
    limits = LoopThresholds()
    changed: list[LoopThresholds] = [
        replace(limits, **{name: value * 2}) for name, value in asdict(limits).items()
        if name not in ("hint", "pause", "memory", "tolerated", "repeat_fade", "request_usual")
    ]  # fmt: skip
    assert len({one.digest() for one in changed} | {limits.digest()}) == len(changed) + 1


def test_a_fit_raises_the_hint_above_the_runs_that_went_well() -> None:
    seen = [run("shop", True, 0.8)] * 20 + [run("shop", False, 0.45)] * 20
    assert loop_fit.fit(everywhere(seen), {}).hint == 0.46


def test_a_fit_lowers_the_hint_where_failures_would_be_missed() -> None:
    seen = [run("shop", True, 0.31)] * 20 + [run("shop", False, 0.0)] * 20
    assert loop_fit.fit(everywhere(seen), {}).hint == 0.3


def test_without_a_reason_a_fit_stays_where_one_would_have_begun() -> None:
    seen = [run("shop", True, 0.9)] * 20 + [run("shop", False, 0.0)] * 20
    fitted = loop_fit.fit(everywhere(seen), {})
    assert loop_fit.weights(fitted) == loop_fit.PRIOR
    assert fitted.hint == loop_fit.PRIOR.hint


def test_no_honest_sweep_may_be_hinted_at_however_many_runs_would_be_caught() -> None:
    seen = [run("shop", True, 0.31)] * 20 + [run("shop", False, 0.0)] * 20
    honest = everywhere([run("files", False, 0.0, peak=0.39)])
    assert loop_fit.fit(everywhere(seen), honest).hint >= 0.4
    many = everywhere([run("files", False, 0.0, peak=0.39), *[run("files", False, 0.0)] * 49])
    assert loop_fit.fit(everywhere(seen), many).hint == 0.3
    pausing = everywhere([run("files", False, 0.0, peak=0.6), *[run("files", False, 0.0)] * 49])
    assert loop_fit.fit(everywhere(seen), pausing).pause > 0.6


@given(st.sampled_from(loop_fit.HINTS))
def test_pause_and_stop_rise_with_the_hint(hint: float) -> None:
    limits = loop_fit.with_hint(loop_fit.PRIOR, hint)
    assert hint < limits.pause < limits.stop < 1
    assert loop_fit.weights(limits) == loop_fit.PRIOR


@given(st.integers(0, 500), st.integers(1, 500))
def test_few_runs_are_trusted_less_than_many(hits: int, more: int) -> None:
    among = hits + more
    bound = loop_fit.at_most(hits, among)
    assert hits / among < bound <= 1
    assert loop_fit.at_most(hits * 10, among * 10) < bound


def test_of_no_runs_at_all_everything_may_be_a_false_alarm() -> None:
    assert loop_fit.at_most(0, 0) == 1.0


def test_a_left_out_source_has_no_say_in_its_own_thresholds() -> None:
    odd = [run("odd", False, 0.5)] * 20
    seen = [run("shop", True, 0.45)] * 20 + [run("shop", False, 0.0)] * 20 + odd
    folds = {fold.source: fold for fold in loop_fit.left_out(everywhere(seen), {})}
    assert folds["odd"].limits == loop_fit.fit(everywhere(seen[:40]), {})
    assert folds["odd"].runs == odd
    assert (folds["odd"].shown, folds["shop"].shown) == (40, 20)


def test_leaving_out_counts_every_run_once_by_the_fit_that_did_not_see_it(
    recordings: Path,
) -> None:
    figures = loop_fit.leave_one_out(recordings, [])
    assert (figures["folds"], figures["fitted"], figures["traces"]) == (3, 1, 12)
    assert (figures["precision"], figures["recall"], figures["fpr"]) == (1.0, 1.0, 0.0)
    assert figures["thresholds_digest"] == DEFAULTS.digest()
    assert figures["fold"]["mill"]["shown"] == 8


def test_figures_judge_each_run_by_the_thresholds_of_its_fold() -> None:
    strict, lax = (loop_fit.with_hint(loop_fit.PRIOR, hint) for hint in (0.3, 0.5))
    entry = LedgerEntry(in_loop=True, score=lax.stop - 0.01, thrice=False)
    ledger = replace(run("b", True, 0.4), ledger=(entry,))
    figures = loops.figures([(strict, [run("a", True, 0.4)]), (lax, [ledger])])
    assert (figures["recall"], figures["step_recall"]) == (0.5, 0.0)


def test_the_command_writes_the_fit_as_a_module_with_its_digest(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, out = tmp_path / "fitted_numbers.py", io.StringIO()
    monkeypatch.setattr(loop_fit, "FITTED_NUMBERS", target)
    call_command("evaluate", "loops", str(recordings), "--fit", stdout=out)
    written: dict[str, Any] = {}
    exec(target.read_text(), written)
    limits = replace(loop_fit.PRIOR, **written["FITTED"])
    assert written["DIGEST"] == limits.digest()
    assert limits.digest() in out.getvalue()
    assert limits == loop_fit.fitted(recordings, trajectories.read(sweeps.COMMITTED))


def test_only_the_thresholds_of_loops_are_fitted(recordings: Path) -> None:
    with pytest.raises(CommandError, match="only the thresholds of loops"):
        call_command("evaluate", "truth", str(recordings), "--fit")
    with pytest.raises(CommandError, match="needs a file"):
        call_command("evaluate", "loops")
