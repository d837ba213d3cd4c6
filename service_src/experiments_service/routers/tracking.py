"""Assigns units and takes what became of them, onto the event stream."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1/tracking", tags=["tracking"])
