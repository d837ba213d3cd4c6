"""How an environment comes back when its region is lost, how soon, and with what loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stacks.identifiers import Region
from stacks.sizes import Part

# Before the id of a stack that is in the second region what another is in the first.
STANDBY = "Standby"

Strategy = Literal["none", "backup_and_restore", "pilot_light", "warm_standby"]
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60)]


@dataclass(frozen=True, slots=True)
class Claim:
    """Minutes until it serves again, and minutes of writes that are lost."""

    rto_minutes: int
    rpo_minutes: int


# The least that each can promise; docs/recovery.md adds them up.
BEST: dict[str, Claim] = {
    "backup_and_restore": Claim(240, 240),
    "pilot_light": Claim(30, 5),
    "warm_standby": Claim(10, 1),
}


class Recovery(Part):
    """`region` is the second one, and `rto_minutes` and `rpo_minutes` are what is promised.

    `backup_days` is how long AWS Backup keeps what it copies, in either region. With
    `fault_injection` there are experiments that stop tasks, move the database's writer and pause
    replication; somebody starts each by hand. `serves` is changed after a failover: the region
    that serves has all of its tasks, and takes the daily decisions.
    """

    strategy: Strategy = "none"
    region: Region | None = None
    rto_minutes: Minutes | None = None
    rpo_minutes: Minutes | None = None
    backup_days: Annotated[int, Field(ge=7, le=365)] = 35
    fault_injection: bool = False
    serves: Literal["first", "second"] = "first"

    @property
    def replicates(self) -> bool:
        """Data is in the second region as it is written, beside services that could take over."""
        return self.strategy in {"pilot_light", "warm_standby"}

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.serves == "second" and not self.replicates:
            raise ValueError(
                f"serves: given second with strategy {self.strategy}, allowed first: "
                "no second region stands by"
            )
        promised = (self.region, self.rto_minutes, self.rpo_minutes)
        if self.strategy == "none":
            if any(promised):
                raise ValueError(
                    "given strategy none with a region or a promise, allowed neither: "
                    "nothing is there to keep it"
                )
            return self
        best = BEST[self.strategy]
        if self.region is None or self.rto_minutes is None or self.rpo_minutes is None:
            raise ValueError(
                f"given strategy {self.strategy}, allowed with region, rto_minutes and rpo_minutes"
            )
        if self.rto_minutes < best.rto_minutes or self.rpo_minutes < best.rpo_minutes:
            raise ValueError(
                f"given {self.strategy} with rto_minutes {self.rto_minutes} and rpo_minutes "
                f"{self.rpo_minutes}, allowed {best.rto_minutes} and {best.rpo_minutes} or more: "
                "it cannot come back sooner, nor lose less"
            )
        return self
