"""What a unit may be called."""

from __future__ import annotations

# Characters; as many as the partition key of a record on the stream has room for.
LONGEST_UNIT = 256
