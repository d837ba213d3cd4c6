"""How a time of the day and a day of the week are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
