"""The faults' own arithmetic: windows of rate limits, dice, spoilt parts, and changes by JSON."""

from __future__ import annotations

import pytest

from tobs_tui.sandbox.faults import Failure, Fate, Faults, Limit, PartFault, _Window

PART = bytes(range(256)) * 16


def test_sliding_window_grants_as_many_in_any_stretch() -> None:
    limit, window = Limit(requests=3, seconds=10), _Window()
    assert [window.wait(limit, now) for now in (0, 1, 2)] == [0, 0, 0]
    assert window.wait(limit, 2.5) == 8  # until the first is 10 s old, rounded up
    assert window.wait(limit, 9.9) == 1
    assert window.wait(limit, 10.0) == 0
    assert window.wait(limit, 10.1) == 1
    assert window.wait(limit, 11.0) == 0


def test_refused_requests_cost_nothing_of_the_window() -> None:
    limit, window = Limit(requests=1, seconds=5), _Window()
    assert window.wait(limit, 0) == 0
    assert [window.wait(limit, 1) for _ in range(10)] == [4] * 10
    assert window.wait(limit, 5) == 0


def test_fixed_window_starts_anew_as_a_whole() -> None:
    limit, window = Limit(requests=2, seconds=10, fixed=True), _Window()
    assert [window.wait(limit, now) for now in (100, 109)] == [0, 0]
    assert window.wait(limit, 109.5) == 1
    assert [window.wait(limit, now) for now in (110, 110)] == [0, 0]
    assert window.wait(limit, 111) == 9
    assert window.wait(limit, 135) == 0
    assert [window.wait(limit, now) for now in (136, 137)] == [0, 3]


def test_the_same_seed_throws_the_same_dice() -> None:
    def fates(seed: int) -> list[Fate]:
        faults = Faults(seed=seed, drop=0.3, silent={"*": 0.3})
        return [faults.fate("messages.getHistory") for _ in range(50)]

    assert fates(1) == fates(1) != fates(2)
    assert set(fates(1)) == set(Fate)


@pytest.mark.parametrize("fault", PartFault)
def test_spoilt_parts(fault: PartFault) -> None:
    faults = Faults(parts={fault: 1.0})
    spoilt = faults.spoil(PART)
    assert spoilt != PART
    assert {
        PartFault.CUT: 0 < len(spoilt) < len(PART) and PART.startswith(spoilt),
        PartFault.EMPTY: spoilt == b"",
        PartFault.LONG: len(spoilt) > len(PART) and spoilt.startswith(PART),
        PartFault.CORRUPT: len(spoilt) == len(PART) and sum(a != b for a, b in zip(spoilt, PART, strict=True)) == 1,
    }[fault]


def test_the_next_parts_are_spoilt_in_turn() -> None:
    faults = Faults(next_parts=[PartFault.EMPTY, PartFault.CORRUPT])
    assert [len(faults.spoil(PART)) for _ in range(2)] == [0, len(PART)]
    assert faults.spoil(PART) == PART


def test_a_failure_that_hits_by_chance_is_counted_when_it_hits() -> None:
    faults = Faults(failures={"*": Failure(probability=0.5, count=3)})
    hits = [faults.refusal("help.getConfig") is not None for _ in range(100)]
    assert sum(hits) == 3


def test_expired_references() -> None:
    faults = Faults(reference_epoch=2)
    assert [faults.reference_expired(epoch) for epoch in (1, 2)] == [True, False]
    faults.expired = 1.0
    assert faults.reference_expired(2)


def test_changes_by_json() -> None:
    faults = Faults()
    faults.change({"rtt_ms": 50, "parts": {"cut": 0.5}, "limits": {"*": {"requests": 1, "seconds": 1.5}}, "next_parts": ["long"]})
    assert faults.rtt_ms == 50
    assert faults.parts == {PartFault.CUT: 0.5}
    assert faults.limits["*"].seconds == 1.5
    assert faults.next_parts == [PartFault.LONG]


@pytest.mark.parametrize(
    ("switches", "name"),
    [
        ({"rtt": 5}, "rtt_ms"),
        ({"_random": 5}, "unknown fault"),
        ({"drop": 2}, "drop"),
        ({"bandwidth": -1}, "bandwidth"),
        ({"parts": {"bent": 1}}, "parts"),
        ({"limits": {"*": {"requests": 0, "seconds": 1}}}, "limits"),
        ({"floods": {"*": {"second": 1}}}, "floods"),
    ],
)
def test_changes_that_make_no_sense_change_nothing(switches: dict[str, object], name: str) -> None:
    faults = Faults()
    with pytest.raises(ValueError, match=name):
        faults.change({"rtt_ms": 1} | switches)
    assert faults.rtt_ms == 0
