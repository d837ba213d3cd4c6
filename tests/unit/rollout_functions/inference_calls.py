"""What tests of /inference send, and what it emits of it."""

from __future__ import annotations

import json

FEATURES = {
    "name": "Star Map",
    "category": "Education",
    "region": "EU",
    "pricing": "free",
    "features": ["offline", "widgets"],
}


def emitted(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]
