"""What a run of tiers says at its end."""

from pathlib import Path

from tiers.summary import Result, summary
from tiers.table import ALL, LANES, TIERS

LOG = Path("some.log")
FAILED = "FAILED tests/cloud/test_it.py::test_it - AssertionError: no"


def test_each_tier_has_a_line_and_all_tests_are_counted_in_the_last() -> None:
    fast = Result("fast", 12.34, {"passed": 300, "skipped": 2}, [], "", LOG)
    cloud = Result("cloud", 812.0, {"failed": 1, "passed": 20}, ["logs are here"], "python ended with 1", LOG, [FAILED])
    assert summary([fast, cloud], 824.4).splitlines() == [
        "",
        "tier     result        time",
        "fast     ok          12.3 s  300 passed, 2 skipped",
        "cloud    FAILED     812.0 s  1 failed, 20 passed; python ended with 1; logs are here (see some.log)",
        FAILED,
        "== 1 failed, 320 passed, 2 skipped in 824.40s, cloud FAILED ==",
    ]


def test_the_tiers_come_in_the_order_of_what_they_need() -> None:
    assert list(TIERS) == ["lint", "fast", "go", "api", "frames", "cloud"]


def test_each_tier_runs_in_one_lane() -> None:
    assert sorted(name for lane in LANES for name in lane) == sorted(ALL)
