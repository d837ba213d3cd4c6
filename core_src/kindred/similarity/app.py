"""An app as the platform knows it: what it is, and what is recorded about it."""

from dataclasses import dataclass
from enum import StrEnum


class Pricing(StrEnum):
    FREE = "free"
    FREEMIUM = "freemium"
    PAID = "paid"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMetadata:
    """What an embedding may read. `None` means not known, and is never a value to match."""

    name: str
    category: str | None = None
    region: str | None = None
    pricing: Pricing | None = None
    features: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueApp:
    """A catalogue row. `rating` is in stars, 0 to 5; counts are totals over the app's life."""

    app_id: str
    metadata: AppMetadata
    price_usd: float | None = None
    rating: float | None = None
    rating_count: int | None = None
    installs: int | None = None
    impressions: int | None = None
    clicks: int | None = None
    source: str
    generated: bool = False
