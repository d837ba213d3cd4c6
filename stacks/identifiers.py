"""How an environment, its account and its region are written."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# Short: ElastiCache gives a user's id 40 characters, and ours has two of these in it.
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,10}$")]
AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[1-9]$")]
