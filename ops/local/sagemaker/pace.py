"""How long a minute of a rollout lasts here."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Pace:
    """Every change of an endpoint takes one such minute, and metrics cover one each.

    Set anew when a deployment says another length; waits that AWS counts in seconds scale alike.
    """

    minute_seconds: float = 60.0

    def minute_of(self, moment: float) -> float:
        """When the minute began that this moment lies in, in epoch seconds."""
        return math.floor(moment / self.minute_seconds) * self.minute_seconds
