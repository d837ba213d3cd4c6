"""The feature payload that GrowthBook SDKs read, to evaluate by themselves."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/features", tags=["evaluation"])
