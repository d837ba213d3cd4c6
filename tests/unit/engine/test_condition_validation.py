import pytest

from kindred.experiments.engine.condition_validation import InvalidCondition, validate_condition


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        pytest.param({"a": {"$regx": "x"}}, "unknown operator $regx, allowed $all", id="operator"),
        pytest.param({"$xor": []}, "unknown operator $xor, allowed an attribute or", id="on top"),
        pytest.param({"a": {"$gt": 1, "b": 2}}, "unknown operator b", id="mixed with attributes"),
        pytest.param({"a": {"$in": "DE"}}, "$in: given str, allowed a list", id="no list"),
        pytest.param({"a": {"$regex": "("}}, "is no regular expression", id="no pattern"),
        pytest.param({"a": {"$regexi": 4}}, "given int, allowed a regular", id="no pattern at all"),
        pytest.param({"a": {"$vgt": 2}}, "allowed a version such as 1.2.3", id="no version"),
        pytest.param({"a": {"$lt": None}}, "allowed a number or a text", id="no order"),
        pytest.param({"a": {"$type": "int"}}, "allowed null, boolean", id="no kind"),
        pytest.param({"a": {"$exists": 1}}, "allowed true or false", id="no boolean"),
        pytest.param({"a": {"$inGroup": "x"}}, "no saved group 'x', allowed staff", id="no group"),
        pytest.param({"$or": {"a": 1}}, "$or: given dict, allowed a list", id="no conditions"),
        pytest.param({"$not": [1]}, "$not: given list, allowed an object", id="no condition"),
        pytest.param({"$or": [{"a": {"$x": 1}}]}, "condition.$or[0].a: unknown", id="nested"),
        pytest.param({"a": {"$not": {"$x": 1}}}, "unknown operator $x", id="negated"),
        pytest.param({"a": {"$elemMatch": {"b": {"$x": 1}}}}, "unknown", id="of an element"),
        pytest.param([], "condition: given list, allowed an object", id="no object"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(condition, said):
    with pytest.raises(InvalidCondition) as caught:
        validate_condition(condition, saved_groups={"staff"})

    assert said in str(caught.value)


def test_all_mistakes_are_named_at_once():
    with pytest.raises(InvalidCondition, match=r"\$x.*; .*\$y"):
        validate_condition({"a": {"$x": 1}, "b": {"$y": 1}})


def test_a_condition_without_end_is_refused_before_it_is_walked():
    condition: dict = {"a": 1}
    for _ in range(400):
        condition = {"$not": condition}

    with pytest.raises(InvalidCondition, match="nested more than 20 deep"):
        validate_condition(condition)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"country": {"$in": ["DE"]}, "age": {"$gte": 18}},
        {"address.city": "Berlin", "tags": {"$size": {"$gt": 2}}},
        {"$and": [{"id": {"$inGroup": "staff"}}, {"$not": {"v": {"$vlt": "2.0.0"}}}]},
        {"hobbies": {"$elemMatch": {"name": {"$regex": "^ping"}}}},
        {"plan": {"name": "pro"}, "tags": ["a", "b"], "gone": None},
    ],
)
def test_a_sound_condition_passes(condition):
    validate_condition(condition, saved_groups={"staff"})
