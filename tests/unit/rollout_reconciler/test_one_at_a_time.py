"""Two deployments, two reconcilers, one endpoint."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from kindred.rollout.rollout_plan import RolloutPlan
from kindred_aws.deployment_table import (
    CoolDown,
    DeploymentNotFound,
    EndpointBusy,
    IdempotencyConflict,
    StaleDeployment,
)
from kindred_aws.endpoint_lock import EndpointLock
from rollout_functions.rollout_settings import LEASE
from tests.unit.rollout_reconciler.world import FAILING

# Seconds a test, on emulated accounts.
pytestmark = pytest.mark.slow

DRY = RolloutPlan(dry_run=True)


@pytest.fixture
def serving(world):
    world.serve()
    return world


def lock(world, owner):
    return EndpointLock(world.dynamodb, table_name="endpoints", owner=owner, lasts=LEASE)


def test_a_second_deployment_is_refused_while_the_first_is_under_way(serving):
    first = serving.deploy(version=2)

    with pytest.raises(EndpointBusy, match=f"deployment {first} is under way"):
        serving.deploy(version=3)

    assert serving.table.unfinished() == [first]
    serving.until_over(first)
    serving.deploy(version=3)


def test_a_dry_run_holds_nothing(serving):
    dry = serving.deploy(plan=DRY)
    first = serving.deploy()

    assert serving.until_over(first).state == "COMPLETED"
    assert serving.until_over(dry).is_terminal


def test_a_model_that_was_rolled_back_is_refused_until_it_has_cooled_down(serving):
    serving.windows = {"canary": FAILING}
    serving.until_over(serving.deploy(version=2))

    with pytest.raises(CoolDown, match=r"allowed again after 20.*, or another model now"):
        serving.deploy(version=2)

    serving.wait(24 * 60)
    serving.deploy(version=2)


def test_two_reconcilers_at_once_make_every_call_once(new_world):
    """The second begins whenever the first is about to call SageMaker."""
    alone, outcomes = new_world(), []
    alone.serve()
    alone.until_over(alone.deploy())
    disturbed = new_world()
    disturbed.serve()
    deployment_id = disturbed.deploy()

    def second(**_):
        if not outcomes or outcomes[-1]:
            outcomes.append("")
            outcomes[-1] = disturbed.reconciliation().drive(deployment_id)

    disturbed.sagemaker.meta.events.register("before-call", second)
    done = disturbed.until_over(deployment_id)

    assert len(outcomes) > 20
    assert set(outcomes) == {"another run is at it"}
    assert done.state == "COMPLETED"
    assert disturbed.changed == alone.changed


def test_a_run_that_lost_its_lease_can_neither_write_nor_call(serving):
    deployment_id = serving.deploy()
    slow = lock(serving, "slow").acquire("embeddings", now=serving.now)
    held = serving.table.load(deployment_id)
    serving.wait(2)
    taken = lock(serving, "quick").acquire("embeddings", now=serving.now)

    assert taken.fence == slow.fence + 1
    with pytest.raises(StaleDeployment):
        serving.table.save(held, lease=slow)
    serving.table.save(held, lease=taken)


def test_a_lease_is_renewed_before_each_call_and_lost_by_who_comes_too_late(serving):
    deployment_id = serving.deploy()
    called = []

    def slow(model, **_):
        if not model.name.startswith("Create"):
            return
        called.append(model.name)
        # Almost as long as a lease lasts.
        serving.local.now += 19
        assert lock(serving, "other").acquire("embeddings", now=serving.now) is None

    serving.sagemaker.meta.events.register("before-call", slow)
    serving.run()
    assert called == ["CreateModel", "CreateEndpointConfig"]

    held = lock(serving, "late").acquire("embeddings", now=serving.now)
    serving.wait(1)
    assert lock(serving, "quick").acquire("embeddings", now=serving.now)
    assert not lock(serving, "late").renew(held, now=serving.now)
    assert not serving.table.load(deployment_id).is_terminal


def test_who_lost_the_lease_stops(serving):
    """And does not ask SageMaker forty times more whether it may go on."""
    deployment_id, taken = serving.deploy(), []

    def slow(**_):
        if not taken:
            serving.local.now += 30
            taken.append(lock(serving, "quick").acquire("embeddings", now=serving.now))

    serving.sagemaker.meta.events.register("before-call.sagemaker.DescribeEndpoint", slow)
    outcomes = serving.run()

    assert taken[0]
    assert outcomes == {deployment_id: "another run has taken over"}
    assert len([name for name, _ in serving.calls if name == "DescribeEndpoint"]) == 1


def test_a_lock_that_a_transaction_holds_is_another_runs(serving):
    """DynamoDB refuses a write of an item that a transaction is about to write or check."""
    held = lock(serving, "one").acquire("embeddings", now=serving.now)

    def conflict(**_):
        answer = {"Error": {"Code": "TransactionConflictException", "Message": "ongoing"}}
        raise ClientError(answer, "UpdateItem")

    serving.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", conflict)

    assert lock(serving, "one").acquire("embeddings", now=serving.now) is None
    assert not lock(serving, "one").renew(held, now=serving.now)
    lock(serving, "one").release(held)


def test_a_lease_is_one_runs_until_it_ends(serving):
    first = lock(serving, "one").acquire("embeddings", now=serving.now)

    assert lock(serving, "two").acquire("embeddings", now=serving.now) is None
    lock(serving, "one").release(first)
    second = lock(serving, "two").acquire("embeddings", now=serving.now)
    lock(serving, "one").release(first)
    assert second.fence == first.fence + 1
    assert lock(serving, "three").acquire("embeddings", now=serving.now) is None


def test_what_was_asked_for_meanwhile_is_not_overwritten(serving):
    deployment_id = serving.deploy()
    serving.run()
    read = serving.table.load(deployment_id)
    serving.ask(deployment_id, "cancel")

    with pytest.raises(StaleDeployment):
        serving.table.save(read)


def test_a_repeated_key_is_the_same_deployment(serving):
    first = serving.deploy(key="k")

    assert serving.deploy(key="k") == first
    with pytest.raises(IdempotencyConflict, match="which created another deployment"):
        serving.deploy(version=9, key="k")


def test_deployments_are_listed_newest_first_page_by_page(serving):
    ids = []
    for version in (2, 3, 4):
        ids.append(serving.deploy(version=version, plan=DRY))
        serving.wait()

    first = serving.table.list(endpoint="embeddings", limit=2)
    second = serving.table.list(endpoint="embeddings", limit=2, cursor=first.cursor)

    listed = [each.deployment_id for page in (first, second) for each in page.deployments]
    assert listed == ids[::-1]
    assert len(serving.table.list(endpoint=None, limit=9).deployments) == 3
    with pytest.raises(ValueError, match="cursor: given 'x', allowed"):
        serving.table.list(endpoint=None, limit=2, cursor="x")
    with pytest.raises(DeploymentNotFound):
        serving.table.load("nobody")
    with pytest.raises(DeploymentNotFound):
        serving.table.load("key#k")
