"""Which variant answers a request, and which of its fleets. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ops.local.sagemaker.endpoint_record import SERVING, Endpoint, Variant
from ops.local.sagemaker.operation import Refusal
from ops.local.settings import ACCOUNT


def choose_variant(endpoint: Endpoint, target: str | None, draw: float) -> Variant:
    """The target, else by current weight for a draw from [0, 1). Raises Refusal."""
    variants = endpoint.variants
    if endpoint.status not in SERVING or not variants:
        raise not_found(endpoint.name)
    if target is not None:
        if target not in variants:
            raise Refusal("ValidationError", f"Variant {target} not found for {endpoint.arn}")
        return variants[target]
    return _by_weight(variants, draw)


def choose_fleet(endpoint: Endpoint, variant: Variant, draw: float) -> Variant:
    """During a guarded update, the variant on the new fleet for the share that it has by now."""
    change = endpoint.change
    moved = change and change.kind == "update" and draw < change.shifted
    return change.variants.get(variant.name, variant) if change and moved else variant


def not_found(endpoint: str) -> Refusal:
    """An endpoint that is not there, or does not serve yet."""
    return Refusal("ValidationError", f"Endpoint {endpoint} of account {ACCOUNT} not found.")


def _by_weight(variants: Mapping[str, Variant], draw: float) -> Variant:
    serving = [variant for variant in variants.values() if variant.current_weight > 0]
    # Weights of an endpoint may all be 0 by its configuration: the first answers then.
    serving = serving or list(variants.values())[:1]
    threshold = draw * sum(variant.current_weight for variant in serving)
    for variant in serving:
        threshold -= variant.current_weight
        if threshold < 0:
            return variant
    return serving[-1]
