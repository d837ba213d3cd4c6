"""Guards that an account has once a region: who turns them on, where several share one."""

from __future__ import annotations

from stacks.sizes import Part


class AccountGuards(Part):
    """Off unless an environment owns its account: a second detector or recorder is refused by AWS.

    `cloudtrail` keeps who called which API, in all regions; `guardduty` watches for intruders;
    `config` keeps how resources were configured and checks them by rules.
    """

    cloudtrail: bool = False
    guardduty: bool = False
    config: bool = False

    @property
    def any(self) -> bool:
        return self.cloudtrail or self.guardduty or self.config
