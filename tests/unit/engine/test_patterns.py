import time

import pytest

from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.patterns import LONGEST_VALUE, UnsafePattern, require_bounded


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        pytest.param("(a+)+$", "a repetition within a repetition", id="nested"),
        pytest.param(r"^(\w+\s?)*$", "a repetition within a repetition", id="words"),
        pytest.param("(?:(?:a*)b)*", "a repetition within a repetition", id="nested in groups"),
        pytest.param("(?=(a+)+$)", "a repetition within a repetition", id="in a look ahead"),
        pytest.param("(a?){30}a{30}", "a repetition within a repetition", id="optional, repeated"),
        pytest.param("(a|ab)*c", "alternatives within a repetition", id="alternatives"),
        pytest.param("a?" * 30 + "a" * 30, "combinations", id="many optional parts"),
        pytest.param(".*.*.*x", "3 repetitions of any length, allowed 2", id="three, anywhere"),
        pytest.param("^.*.*.*.*x", "4 repetitions of any length", id="four"),
        pytest.param("a" * 501, "given 501 characters, allowed 500", id="long"),
        pytest.param("a{99999999999999}", "is no regular expression", id="a count beyond counting"),
        pytest.param("(" * 250 + ")" * 250, "", id="groups in groups"),
    ],
)
def test_a_pattern_that_a_value_could_keep_busy_is_refused(pattern, said):
    if not said:
        require_bounded(pattern)
        return
    with pytest.raises(UnsafePattern) as caught:
        require_bounded(pattern)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    ["@example.com$", "(mobile|tablet)", "^https?://", r"^[^@]+@[^@]+\.[^@]+$", "Chrome.*Mobile"],
)
def test_what_people_write_passes(pattern):
    require_bounded(pattern)


@pytest.mark.parametrize("pattern", [".*.*x", "^.*.*.*x", "^(a|b)?a*a*a*$"])
def test_the_slowest_that_is_allowed_takes_no_second(pattern):
    require_bounded(pattern)
    holds = Conditions().compile({"a": {"$regex": pattern}})

    started = time.process_time()
    holds({"a": "a" * (LONGEST_VALUE - 1) + "!"})

    assert time.process_time() - started < 1


def test_a_value_too_long_to_be_searched_meets_neither_a_pattern_nor_its_negation():
    value = {"a": "x" * (LONGEST_VALUE + 1)}

    assert not Conditions().compile({"a": {"$regex": "x"}})(value)
    assert not Conditions().compile({"a": {"$not": {"$regex": "x"}}})(value)
    assert not Conditions().compile({"a": {"$notRegex": "y"}})(value)
