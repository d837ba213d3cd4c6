"""Counts as JSON, so that others can check them against a count of their own."""

from __future__ import annotations

from typing import Any

from kindred.experiments.counts import Counts


def counts_json(counts: Counts) -> dict[str, Any]:
    """By variation: distinct units exposed, and of each metric units, total, squares and events."""
    return {
        variation: {
            "units": counts.exposed(variation).units,
            "exposures": counts.exposed(variation).events,
            "metrics": {
                metric: {
                    "units": (tally := counts.metric(variation, metric)).units,
                    "total": tally.total,
                    "squares": tally.squares,
                    "events": tally.events,
                }
                for metric in counts.metrics
            },
        }
        for variation in counts.variations
    }
