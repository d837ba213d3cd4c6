"""Who may call the API, and how much each of them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from stacks.sizes import Part, Throttle

TierName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,19}$")]
ClientName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,39}$")]
# The plan that each environment has, for its operator and its tests.
DEFAULT_TIER = "default"


class ClientTier(Throttle):
    """What each of `clients` may send. Each has a key of its own, which AWS makes."""

    clients: Annotated[tuple[ClientName, ...], Field(max_length=100)] = ()


class Api(Part):
    # API Gateway has one role for writing logs per account and region. Where environments share
    # an account, all but one leave it to the others.
    owns_account_log_role: bool = True
    client_tiers: dict[TierName, ClientTier] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _clients_have_one_tier(self) -> Self:
        if DEFAULT_TIER in self.client_tiers:
            raise ValueError(
                f"client_tiers: given {DEFAULT_TIER}, which every environment has, "
                "allowed other names"
            )
        names = [name for tier in self.client_tiers.values() for name in tier.clients]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"client_tiers: clients: given {', '.join(twice)} twice, allowed once: "
                "a key belongs to one plan"
            )
        return self

    def beyond(self, stage: Throttle) -> str | None:
        """What a tier promises that the stage never lets in: the stage's limits are for all."""
        for name, tier in self.client_tiers.items():
            for what in ("rate_per_second", "burst"):
                given, most = getattr(tier, what), getattr(stage, what)
                if given > most:
                    return (
                        f"api.client_tiers.{name}.{what}: given {given}, allowed 1 to {most}, "
                        f"which is sizes.api.{what}"
                    )
        return None
