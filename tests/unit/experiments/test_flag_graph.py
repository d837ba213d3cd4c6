import pytest

from kindred.experiments.definitions import Flag, FlagRule, Prerequisite
from kindred.experiments.flag_graph import deepest, find_cycle, prerequisites_of


def asks(*keys):
    return tuple(Prerequisite(flag=key, condition={"value": True}) for key in keys)


def flags(graph):
    return [
        Flag(
            key=key,
            type="boolean",
            default_value=True,
            off_value=False,
            prerequisites=asks(*asked),
        )
        for key, asked in graph.items()
    ]


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"a": ["b"], "b": ["c"], "c": []}, None, id="a chain"),
        pytest.param({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, None, id="a diamond"),
        pytest.param({"a": ["gone"]}, None, id="a flag that is not there"),
        pytest.param({"a": ["a"]}, ("a", "a"), id="itself"),
        pytest.param({"a": ["b"], "b": ["a"]}, ("a", "b", "a"), id="each other"),
        pytest.param(
            {"z": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]},
            ("a", "b", "c", "a"),
            id="a cycle behind a flag that is not in it",
        ),
    ],
)
def test_a_cycle_is_named_from_where_it_begins_to_where_it_closes(graph, cycle):
    assert find_cycle(flags(graph)) == cycle


def test_a_rule_asks_for_flags_too():
    rule = FlagRule(id="r", prerequisites=asks("b", "c"))
    flag = Flag(
        key="a",
        type="boolean",
        default_value=True,
        off_value=False,
        rules=(rule,),
        prerequisites=asks("b"),
    )

    assert prerequisites_of(flag) == ("b", "c")


def test_a_chain_longer_than_the_stack_is_walked():
    graph = {f"f{n}": [f"f{n + 1}"] for n in range(5_000)}

    assert find_cycle(flags(graph)) is None
    assert len(find_cycle(flags({**graph, "f5000": ["f0"]}))) == 5_002


def test_the_longest_chain_is_measured_along_its_longest_way():
    graph = {"a": [], "b": ["a"], "c": ["a", "b"], "d": ["gone"]}

    assert deepest(flags(graph)) == ("c", 2)
    assert deepest(flags({f"f{n}": [f"f{n + 1}"] for n in range(5_000)})) == ("f0", 5_000)
