import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.events import Exposure, decode, encode
from kindred.privacy.generations import UnreadableSecret, read_pseudonyms, rotated
from kindred.privacy.pseudonyms import Generation, Pseudonyms, digest_of

FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
PSEUDONYMS = Pseudonyms(
    [
        Generation(number=2, since=SECOND, key="b" * 64),
        Generation(number=1, since=FIRST, key="a" * 64),
    ]
)
START = json.dumps({"number": 1, "since": FIRST.isoformat(), "key": "a" * 64})
YEARS = timedelta(days=1131)


@pytest.mark.parametrize(
    ("at", "number"),
    [
        pytest.param(FIRST - timedelta(days=9), "1", id="before all: the first that is kept"),
        pytest.param(SECOND - timedelta(seconds=1), "1", id="a second before: the one before"),
        pytest.param(SECOND, "2", id="on the stroke: the new one"),
        pytest.param(SECOND + timedelta(days=900), "2", id="the newest until another comes"),
    ],
)
def test_a_moment_has_one_generation(at, number):
    assert PSEUDONYMS.of("anna", at=at).partition(".")[0] == number


def test_a_day_has_one_generation_to_its_end():
    noon = SECOND + timedelta(hours=12)
    midday = Pseudonyms([*PSEUDONYMS.generations, Generation(number=3, since=noon, key="c" * 64)])

    evening = midday.on_day("anna", at=noon + timedelta(hours=9))

    assert evening == midday.on_day("anna", at=noon - timedelta(hours=9))


def test_requesters_of_a_partner_stay_a_group():
    """As training data tells robots: by what stands before the first colon."""
    one, other = (PSEUDONYMS.of(unit, at=SECOND) for unit in ("partner:a", "partner:b"))

    assert one.split(":")[0] == other.split(":")[0] == PSEUDONYMS.of("partner", at=SECOND)
    assert digest_of(one) != digest_of(other)


@given(st.text(min_size=1, max_size=256))
def test_whoever_looks_for_a_unit_finds_every_pseudonym_it_may_have(unit):
    every = PSEUDONYMS.every(unit)

    assert PSEUDONYMS.of(unit, at=FIRST) in every
    assert PSEUDONYMS.of(unit, at=SECOND) in every
    assert len(set(every)) == 2


@given(st.text(min_size=1, max_size=256))
def test_a_pseudonym_travels_as_a_unit_does(unit):
    event = Exposure(
        event_id="0" * 16,
        occurred_at=SECOND,
        unit_id=PSEUDONYMS.of(unit, at=SECOND),
        experiment_id="e",
        variation="v",
    )
    assert decode(encode(event)) == event


def test_without_its_key_a_pseudonym_is_of_nobody():
    other = Pseudonyms([Generation(number=1, since=FIRST, key="z" * 64)])

    assert other.of("anna", at=FIRST) != PSEUDONYMS.of("anna", at=FIRST)


def test_a_rotation_leaves_today_and_what_began_before_as_they_are():
    now = datetime(2026, 5, 5, 15, tzinfo=UTC)
    before, after = (
        read_pseudonyms(each) for each in (START, rotated(START, key="b" * 64, now=now, keep=YEARS))
    )

    assert after.of("anna", at=now) == before.of("anna", at=now)
    tomorrow = now + timedelta(days=1)
    assert after.on_day("anna", at=tomorrow) != before.on_day("anna", at=tomorrow)
    assert after.of("anna", at=now - timedelta(days=100)) in before.every("anna")


def test_notice_is_given_of_a_generation_that_would_begin_within_the_hour():
    late = datetime(2026, 5, 5, 23, 30, tzinfo=UTC)

    newest = read_pseudonyms(rotated(START, key="b" * 64, now=late, keep=YEARS)).generations[-1]

    assert newest.since == datetime(2026, 5, 7, tzinfo=UTC)


def test_two_rotations_before_one_midnight_leave_the_next_one_its_number():
    began = datetime(2026, 5, 5, 15, tzinfo=UTC)
    document = START
    for after in (timedelta(), timedelta(hours=1), timedelta(days=90)):
        now, held = began + after, read_pseudonyms(document)
        document = rotated(document, key=f"{now.timestamp():064.0f}", now=now, keep=YEARS)

        assert read_pseudonyms(document).of("anna", at=now) == held.of("anna", at=now)

    assert [each.number for each in read_pseudonyms(document).generations] == [1, 2, 3, 4]


def test_a_generation_goes_when_all_that_it_stood_for_has_gone():
    document, now = START, datetime(2026, 1, 10, tzinfo=UTC)
    for _ in range(20):
        document = rotated(document, key=f"{now.timestamp():064.0f}", now=now, keep=YEARS)
        now += timedelta(days=90)
    held = read_pseudonyms(document).generations

    assert held[-1].number == 21
    # The ends of those that are kept lie within the time; the one before them ended earlier.
    assert len(held) == 1131 // 90 + 2


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", json.dumps({"number": 1, "since": "today", "key": "k" * 64})]
)
def test_what_is_no_secret_is_told_without_repeating_it(document):
    with pytest.raises(UnreadableSecret):
        read_pseudonyms(document)


def test_a_short_key_is_refused_and_not_shown():
    short = json.dumps({"number": 1, "since": FIRST.isoformat(), "key": "short-secret"})

    with pytest.raises(UnreadableSecret, match="given 12 characters") as refused:
        read_pseudonyms(short)
    assert "short-secret" not in str(refused.value)
    assert "a" * 64 not in repr(PSEUDONYMS.generations)
