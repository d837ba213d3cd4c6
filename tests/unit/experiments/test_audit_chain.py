import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.audit_chain import GENESIS, AuditSigner, canonical, verify

SIGNER = AuditSigner("a secret of at least thirty-two characters")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def signed(body):
    return {**body, "signature": SIGNER.sign(canonical(body))}


def a_chain(length=10):
    records, previous = [], GENESIS
    for sequence in range(1, length + 1):
        records.append(
            signed({"sequence": sequence, "after": {"n": sequence}, "previous": previous})
        )
        previous = records[-1]["signature"]
    return records


def faults(records, **options):
    return [fault.reason for fault in verify(records, SIGNER, **options).faults]


def test_an_untouched_chain_has_no_fault():
    verdict = verify(a_chain(), SIGNER)

    assert (verdict.faults, verdict.count, verdict.last[0]) == ((), 10, 10)


def test_an_empty_log_has_no_fault():
    assert verify([], SIGNER).last == (0, GENESIS)


def test_a_changed_record_is_named():
    records = a_chain()
    records[3]["after"] = {"n": 400}

    assert faults(records) == ["record 4 was changed: its signature does not fit what it says"]


def test_removed_records_are_named():
    records = a_chain()
    del records[6]
    del records[1:4]

    assert faults(records) == ["records 2 to 4 were removed", "record 7 was removed"]


def test_a_record_moved_is_named():
    records = a_chain()
    records.insert(8, records.pop(3))

    assert faults(records) == ["record 4 is out of place: it comes after record 9"]


def test_a_record_that_comes_twice_is_named():
    records = a_chain()
    records.insert(5, records[2])

    assert faults(records) == ["record 3 appears again, or carries a number that no record has"]


def test_a_record_signed_anew_in_the_same_place_breaks_the_next_one():
    records = a_chain()
    other = {key: value for key, value in records[4].items() if key != "signature"}
    records[4] = signed({**other, "after": "forged with the secret"})

    assert faults(records) == [
        "record 6 does not follow the record before it: one of them was replaced"
    ]


def test_what_was_cut_off_the_end_is_found_by_what_was_known():
    records = a_chain()
    known = verify(records, SIGNER).last

    assert faults(records[:7]) == []
    assert faults(records[:7], known=known) == [
        "record 10 was known and is gone: the log ends at 7"
    ]


def test_what_was_cut_off_the_end_is_found_by_what_was_published():
    assert faults(a_chain(), published=10) == []
    assert faults(a_chain()[:7], published=10) == [
        "records 8 to 10 are gone: the log ends at 7",
    ]


def test_a_made_up_number_does_not_keep_the_reader_counting():
    forged = {"sequence": 10**15, "previous": GENESIS, "signature": "0" * 64}

    assert faults([*a_chain(), forged]) == [
        f"record {10**15} was changed: its signature does not fit what it says"
    ]


def test_a_chain_that_was_written_anew_is_found_by_what_was_known():
    assert faults(a_chain(), known=(10, "f" * 64)) == [
        "record 10 is not the record that was known by this number"
    ]


def test_another_secret_verifies_nothing():
    assert len(verify(a_chain(3), AuditSigner("another secret, as long as the first")).faults) == 3


@given(st.randoms(use_true_random=False), st.integers(2, 12))
def test_any_other_order_is_found(chance: random.Random, length):
    records = a_chain(length)
    shuffled = records[:]
    chance.shuffle(shuffled)

    assert bool(faults(shuffled)) == (shuffled != records)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_the_canonical_text_survives_being_read_and_written(value):
    text = canonical(value)

    assert canonical(json.loads(json.dumps(json.loads(text)))) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_never_signed(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical({"value": value})
