"""The wire format of predictions: what callers send, and what a model answers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kindred.similarity.app import Pricing
from rollout_functions.body_reading import WireIn

Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
# As SageMaker names variants.
Variant = Annotated[str, Meta(max_length=63, pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*\Z")]
EndpointName = Annotated[str, Meta(max_length=40, pattern=r"^[a-z][a-z0-9-]*\Z")]
# A name of one file: what S3 takes without escaping, and no step up.
InputKey = Annotated[
    str,
    Meta(max_length=512, pattern=r"^batch/input/(?!.*(^|/)\.{1,2}(/|\Z))[A-Za-z0-9!_.'()/=-]+\Z"),
]


class FeaturesIn(WireIn, frozen=True):
    """An app as its owner describes it; what is left out is not known."""

    name: Name
    category: Label | None = None
    region: Label | None = None
    pricing: Pricing | None = None
    features: Annotated[list[Label], Meta(max_length=50)] = msgspec.field(default_factory=list)
    description: Annotated[str, Meta(max_length=10_000)] = ""


class InferenceIn(WireIn, frozen=True):
    """Without `target_variant` the endpoint chooses one by the variants' weights."""

    user_id: Identifier
    features: FeaturesIn
    target_variant: Variant | None = None
    top_k: Annotated[int, Meta(ge=1, le=100)] = 10


class BatchPredictionIn(WireIn, frozen=True):
    """`input` is the key of one file of JSON Lines, each as a model takes it."""

    endpoint: EndpointName
    input: InputKey


class PredictionOut(msgspec.Struct, frozen=True):
    app_id: str
    similarity: float
    app_name: str


class ModelAnswer(msgspec.Struct, frozen=True):
    """What the container of a model answers with."""

    predictions: list[PredictionOut]
    model_version: str


def model_request(features: FeaturesIn, top_k: int) -> bytes:
    """What the container of a model takes."""
    return msgspec.json.encode({"features": features, "top_k": top_k})


def inference_document(answer: ModelAnswer, *, variant: str, model_ms: float) -> dict[str, Any]:
    return {
        "predictions": msgspec.to_builtins(answer.predictions),
        "variant": variant,
        "model_version": answer.model_version,
        "latency_ms": {"model": round(model_ms, 1)},
    }
