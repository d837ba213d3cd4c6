"""What an experiment has shown so far, and what may be decided from it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1/experiments", tags=["results"])
