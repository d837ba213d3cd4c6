"""How a region is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[1-9]$")]
