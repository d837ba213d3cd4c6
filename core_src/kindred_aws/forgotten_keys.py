"""A unit's keys in Valkey: its arms and its sticky documents, by every key that it may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from redis import Redis, RedisCluster

from kindred.privacy.forgetting import Names, Passed, requesters_of
from kindred_aws.sticky_units import sticky_key
from kindred_aws.unit_cache import arm_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenKeys:
    """Keys are hashes of what they are of: each is made again and asked for.

    `experiments` are those of the embedding models, `attributes` what experiments hash.
    """

    client: Redis | RedisCluster
    experiments: Callable[[], Iterable[str]]
    attributes: Callable[[], Iterable[str]]

    def go_through(self, names: Names, *, remove: bool) -> Passed:
        arms = [
            arm_key(experiment, partner, app)
            for experiment in self.experiments()
            for partner, app in requesters_of(names.unit_id)
        ]
        sticky = [sticky_key(attribute, names.unit_id) for attribute in self.attributes()]
        keys = [*arms, *sticky]
        found = [key for key in keys if self.client.exists(key)]
        removed = sum(int(self.client.delete(key)) for key in found) if remove else 0
        return Passed(looked_at=len(keys), found=len(found), removed=removed)
