"""How an environment keeps units apart from people: how often secrets change."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sizes import Part


class Privacy(Part):
    """A new generation of pseudonyms, and new passwords of cache and database, every
    `rotation_days`."""

    rotation_days: Annotated[int, Field(ge=7, le=365)] = 90
