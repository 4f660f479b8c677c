"""When an expired lease is the sign of a lost worker, and when only of a database that was away."""

from runs.runtime import lease, watchdog
from runs.runtime.steadiness import Steadiness

GAP, WAIT = 5.0, 4.0


def seen(*moments: float) -> Steadiness:
    made = Steadiness(GAP, WAIT)
    for moment in moments:
        made.seen(moment)
    return made


def test_a_database_that_is_seen_every_round_is_steady_after_a_while() -> None:
    assert not seen(0.0, 2.0).long_enough(3.0)
    assert seen(0.0, 2.0, 4.0).long_enough(4.5)


def test_one_that_was_away_leaves_the_living_time_to_renew_before_anybody_is_given_up() -> None:
    back = seen(0.0, 2.0, 4.0, 60.0)
    assert not back.long_enough(62.0)
    back.seen(62.0)
    back.seen(64.0)
    assert back.long_enough(64.5)


def test_nobody_is_given_up_by_a_round_that_did_not_see_the_one_before() -> None:
    assert not seen(0.0, 2.0, 4.0).long_enough(60.0)


def test_an_outage_too_short_for_a_living_workers_lease_to_run_out_delays_nothing() -> None:
    assert seen(0.0, 2.0, 4.0, 4.0 + GAP).long_enough(4.5 + GAP)
    assert lease.TTL - lease.BEAT - lease.MARGIN == GAP
    assert watchdog.steadiness._gap == GAP
