"""`kindred rollout traffic`: something to judge a canary by."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import boto3
import httpx
import typer
from rich.markup import escape
from rich.table import Table

from kindred.similarity.catalogue import Catalogue
from kindred_aws.artefact_store import ArtefactStore
from ops.local.commands import STATE
from ops.local.deploy import api_key_value
from ops.local.running_platform import RunningPlatform, running_platform
from ops.rollout.here import AsJson, StateDir, answering, rollout_url, say
from ops.rollout.traffic import Course, Traffic, Variant, send_traffic
from ops.terminal import give

_APPS = 500
_SECONDS_BETWEEN_LINES = 5


def traffic_command(
    rate: Annotated[float, typer.Option(min=0.1, max=500, help="Requests a second.")] = 25,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Without it, until it is interrupted.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option(help="Only this one; without it, by the weights.")
    ] = None,
    state_dir: StateDir = STATE,
    as_json: AsJson = False,
) -> None:
    """Send /inference requests made from the catalogue's apps, and count who answered."""
    traffic = Traffic()
    with answering():
        platform = running_platform(state_dir)
        course = Course(rate_per_second=rate, seconds=seconds, target_variant=variant)
        try:
            asyncio.run(_send(platform, course, traffic, quiet=as_json))
        except KeyboardInterrupt:
            say("interrupted")
    give(_document(traffic), _table(traffic), as_json=as_json)


async def _send(
    platform: RunningPlatform, course: Course, traffic: Traffic, *, quiet: bool
) -> None:
    queries = catalogue_queries(platform)
    headers = {"x-api-key": api_key_value(platform.output("RolloutApiKeyId"))}
    async with httpx.AsyncClient(base_url=rollout_url(platform), headers=headers) as client:
        telling = None if quiet else asyncio.create_task(_tell(traffic))
        try:
            await send_traffic(client, queries, course, traffic)
        finally:
            if telling:
                telling.cancel()


async def _tell(traffic: Traffic) -> None:
    """What came in since the line before."""
    before: dict[str, int] = {}
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_LINES)
        now = {name: len(each.latencies_ms) for name, each in sorted(traffic.variants.items())}
        failures = traffic.failures.total()
        counts = {**now, **({"failures": failures} if failures else {})}
        news = (f"{name} {count - before.get(name, 0)}" for name, count in counts.items())
        say(f"{time.strftime('%H:%M:%S')}  {'  '.join(news) or 'no answer yet'}")
        before = counts


def catalogue_queries(platform: RunningPlatform) -> Sequence[dict[str, Any]]:
    """The features of apps spread evenly over the published catalogue."""
    store = ArtefactStore(boto3.client("s3"), platform.output("EmbeddingsBucketName"))
    with tempfile.TemporaryDirectory(prefix="catalogue-") as scratch:
        catalogue = Catalogue(store.download_catalogue(Path(scratch)))
        rows = range(0, len(catalogue), max(1, len(catalogue) // _APPS))
        return [query_of(catalogue, row) for row in rows]


def query_of(catalogue: Catalogue, row: int) -> dict[str, Any]:
    """An app as a caller describes it, within the API's bounds; what is not known is left out."""
    app = catalogue.app(row).metadata
    known = {"category": app.category, "region": app.region, "pricing": app.pricing}
    return {
        "name": app.name[:200],
        "features": [feature[:64] for feature in app.features[:50]],
        "description": app.description[:10_000],
        **{name: str(value) for name, value in known.items() if value is not None},
    }


def _document(traffic: Traffic) -> dict[str, Any]:
    return {
        "variants": {name: _figures(each) for name, each in sorted(traffic.variants.items())},
        "failures": dict(traffic.failures),
        "not_sent": traffic.late,
    }


def _figures(variant: Variant) -> dict[str, float]:
    return {
        "answered": len(variant.latencies_ms),
        "p50_ms": variant.percentile(0.5),
        "p99_ms": variant.percentile(0.99),
    }


def _table(traffic: Traffic) -> Table:
    table = Table("variant", "answered", "share", "p50", "p99", box=None)
    for name, each in sorted(traffic.variants.items()):
        figures = _figures(each)
        table.add_row(
            name,
            f"{figures['answered']:,.0f}",
            f"{figures['answered'] / traffic.answered:.1%}",
            f"{figures['p50_ms']:.1f} ms",
            f"{figures['p99_ms']:.1f} ms",
        )
    for reason, count in traffic.failures.most_common(10):
        table.add_row(escape(reason), f"{count:,}")
    if traffic.late:
        table.add_row("not sent: too many were waiting", f"{traffic.late:,}")
    return table
