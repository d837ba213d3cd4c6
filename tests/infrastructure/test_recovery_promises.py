"""What an environment may promise, and what it is told when its strategy cannot keep it."""

import pytest

from stacks.environment_file import load_environment, parse_environment
from stacks.standby_sizes import standby_environment
from stacks.tiers import TIERS
from stacks.yaml_file import InvalidFile

VALID = """\
name: dev
tier: high
production: false
regions: [us-east-1]
tags: {team: ml, project: kindred, cost_center: "1"}
"""
PILOT = "recovery: {strategy: pilot_light, region: us-west-2, rto_minutes: 60, rpo_minutes: 5}\n"
WARM = PILOT.replace("pilot_light", "warm_standby")
VPC = """\
network:
  vpc:
    vpc_id: vpc-0123456789abcdef0
    cidr: 10.0.0.0/16
    availability_zones: [us-east-1a, us-east-1b]
    private_subnet_ids: [subnet-a, subnet-b]
    isolated_subnet_ids: [subnet-c, subnet-d]
"""


def parse(text):
    return parse_environment(text, file="dev.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            VALID + PILOT.replace("rto_minutes: 60", "rto_minutes: 20"),
            "given pilot_light with rto_minutes 20 and rpo_minutes 5, allowed 30 and 5 or more",
            id="sooner than it can come back",
        ),
        pytest.param(
            VALID + PILOT.replace("pilot_light", "backup_and_restore"),
            "given backup_and_restore with rto_minutes 60 and rpo_minutes 5, allowed 240 and 240",
            id="backups that lose five minutes",
        ),
        pytest.param(
            VALID + "recovery: {strategy: warm_standby}",
            "given strategy warm_standby, allowed with region, rto_minutes and rpo_minutes",
            id="a strategy that promises nothing",
        ),
        pytest.param(
            VALID + "recovery: {rto_minutes: 60}",
            "given strategy none with a region or a promise, allowed neither",
            id="a promise without a strategy",
        ),
        pytest.param(
            VALID + PILOT.replace("us-west-2", "us-east-1"),
            "recovery.region: given us-east-1 and regions us-east-1, allowed one region, and anot",
            id="the same region twice",
        ),
        pytest.param(
            VALID.replace("[us-east-1]", "[us-east-1, eu-west-1]") + PILOT,
            "recovery.region: given us-west-2 and regions us-east-1, eu-west-1, allowed one",
            id="two platforms, and one to stand by",
        ),
        pytest.param(
            VALID + VPC + PILOT,
            "recovery.strategy: given pilot_light and network.vpc, allowed backup_and_restore",
            id="a VPC that is in one region",
        ),
        pytest.param(
            VALID + "recovery: {serves: second}",
            "serves: given second with strategy none, allowed first",
            id="a second region that nobody made",
        ),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(text, says):
    with pytest.raises(InvalidFile) as refused:
        parse(text)

    assert says in str(refused.value)


def test_production_is_back_within_an_hour_and_loses_five_minutes_at_most():
    for name in ("prod", "extreme"):
        recovery = load_environment(name).recovery
        assert recovery.replicates
        assert recovery.rto_minutes <= 60
        assert recovery.rpo_minutes <= 5


@pytest.mark.parametrize("text", [PILOT, WARM], ids=["pilot light", "warm standby"])
@pytest.mark.parametrize("tier", TIERS)
def test_what_stands_by_is_no_larger_than_the_first_region_and_may_grow_as_large(tier, text):
    first = parse(VALID.replace("high", tier) + text)
    second = standby_environment(first)

    assert second.regions == ("us-west-2",)
    for name in ("similarity", "prediction", "experiments"):
        whole, small = (getattr(each.sizes.services, name) for each in (first, second))
        assert 1 <= small.min_tasks <= max(2, whole.min_tasks)
        assert small.max_tasks == whole.max_tasks
    assert second.sizes.database.max_acu == first.sizes.database.max_acu
    assert second.sizes.cache.shards == first.sizes.cache.shards


def test_once_it_serves_the_second_region_is_as_large_as_the_first():
    first = parse(VALID + PILOT.replace("}", ", serves: second}"))

    assert standby_environment(first).sizes == first.sizes
