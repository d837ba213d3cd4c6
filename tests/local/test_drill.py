"""The restore of tables, taken and timed on the running platform."""

from __future__ import annotations

import json

from ops.drill.restoring import SUFFIX, restore_table
from ops.drill.running import Ended, Taken, World, run
from ops.drill.steps import Call
from tests.local.local_platform import LocalPlatform


def test_tables_are_restored_looked_at_and_removed(platform: LocalPlatform) -> None:
    answer = json.loads(platform.operate("drill", "restore", "--run", "--json"))

    *of_tables, restored, removed = (step["ended"] for step in answer["steps"])
    assert set(of_tables) == {"done"}
    # The laptop's database has no backups.
    assert (restored, removed) == ("left out", "left out")
    assert answer["seconds"] > 0
    left = platform.aws("dynamodb").list_tables()["TableNames"]
    assert not [name for name in left if name.endswith(SUFFIX)]


def test_a_restored_table_holds_what_the_original_held(platform: LocalPlatform) -> None:
    table = platform.outputs["ExperimentsTableName"]
    dynamodb = platform.aws("dynamodb")
    held = dynamodb.scan(TableName=table)["Items"]
    found = []

    def ask(call: Call) -> object:
        answer = getattr(dynamodb, call.operation)(**call.parameters)
        if call.operation == "scan":
            copy = call.parameters["TableName"]
            found.extend(dynamodb.scan(TableName=copy)["Items"])
        return answer

    def left_out(_: Taken) -> None:
        pass

    world = World(
        ask=ask,
        person=lambda _: False,
        now=lambda: 0.0,
        wait=lambda _: None,
        told=left_out,
        laptop=True,
    )
    ended: set[Ended] = {each.ended for each in run(restore_table(table, region=None), world)}

    assert ended == {"done"}
    assert held
    assert sorted(map(str, found)) == sorted(map(str, held))
