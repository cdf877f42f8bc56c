"""Kubernetes quantities and Go durations, read and written exactly."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.quantities import duration, duration_text, quantity

UNITS: dict[str, Decimal | int] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("0.001"),
    "": Decimal(1),
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("2", 2),
        ("500m", Decimal("0.5")),
        ("1.5Gi", 3 * 2**29),
        ("20Gi", 20 * 2**30),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12E-1", Decimal("1.2")),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("-1", -1),
        ("+1", 1),
        (".5", Decimal("0.5")),
        ("5.", 5),
        ("1537893n", Decimal("0.001537893")),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_a_quantity_means_what_kubernetes_says(text: str, value: Decimal | int) -> None:
    assert quantity(text) == value


@given(number=st.integers(0, 2**63 - 1), unit=st.sampled_from(sorted(UNITS)))
def test_a_quantity_is_exact_in_every_unit(number: int, unit: str) -> None:
    assert Fraction(quantity(f"{number}{unit}")) == number * Fraction(UNITS[unit])


@given(st.decimals(0, 2**40, places=9))
def test_a_decimal_quantity_is_exact(number: Decimal) -> None:
    assert quantity(f"{number:f}Gi") / 2**30 == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Gi",
        "1 Gi",
        "1gi",
        "1Kib",
        "1K",
        "1.2.3",
        "..",
        "one",
        "0x10",
        "1e",
        "1\n",
        "1Gi\n",
        "--1",
        "1e3Gi",
        "\u0661",  # a digit, but not one of ours
    ],
)
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity") as refused:
        quantity(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1m30s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("0.1s", timedelta(milliseconds=100)),
        ("2562047h", timedelta(hours=2562047)),
    ],
)
def test_a_duration_means_what_go_says(text: str, value: timedelta) -> None:
    assert duration(text) == value


@given(st.timedeltas(timedelta(), timedelta(days=10_000)))
def test_a_duration_is_read_as_it_was_written(value: timedelta) -> None:
    value -= timedelta(microseconds=value.microseconds % 1000)
    assert duration(duration_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(days=1), "24h"),
    ],
)
def test_a_duration_is_written_short(value: timedelta, text: str) -> None:
    assert duration_text(value) == text


@pytest.mark.parametrize("text", ["", "90", "s", "1d", "-1s", "1h 30m", "1s\n", "1.s", ".5s", "99999999999999h"])
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as refused:
        duration(text)
    assert repr(text) in str(refused.value)
