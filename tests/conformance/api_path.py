"""The service's API with a case's payload published, and what a request to it can carry."""

import asyncio

import httpx

from experiments_service.main import create_app
from experiments_service.publication.published import Published
from kindred.experiments.engine.snapshot import compile_snapshot
from tests.service.experiments.evaluation_fixtures import collaborators, published

_NOT_CARRIED = ("forcedVariations", "qaMode", "enabled", "overrides")


def serving(payload, *, experiments=(), sticky=(), decryption_key=None):
    """The service with this payload's snapshot published."""
    return Published(
        copy=published().copy,
        snapshot=compile_snapshot(payload, decryption_key=decryption_key),
        experiments={each.key: each for each in experiments},
        intakes={},
        disabled=frozenset(),
        sticky_attributes=frozenset(sticky),
        features=b"",
        next_change=None,
    )


def asking():
    """Posts to the application; one of them for all cases, each with its own snapshot."""
    held = collaborators(published())
    app = create_app(held)

    def post(given, path, body):
        async def send():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.post(path, json=body)

        held.publisher.held = given
        return asyncio.run(send())

    return post


def carried(given, *others, unit="id"):
    """Whether attributes name the unit by text, and nothing else is asked for."""
    named = given.get("attributes", {}).get(unit)
    asked = {*_NOT_CARRIED, *others} & given.keys()
    return isinstance(named, str) and len(named) > 0 and not asked
