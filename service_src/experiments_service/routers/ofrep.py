"""The OpenFeature Remote Evaluation Protocol: one flag, or all of them, for a context."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/ofrep/v1/evaluate/flags", tags=["evaluation"])
