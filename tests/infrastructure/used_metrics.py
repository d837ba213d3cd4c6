"""What dashboards and alarms look at, read from the templates."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.infrastructure.synthesized import Resource, Synthesized

SEARCH = re.compile(r"SEARCH\('\{(?P<schema>[^}]+)\} (?P<wanted>[^']+)', '[^']+', \d+\)")


@dataclass(frozen=True)
class Used:
    """`where` is the widget's title or the alarm's path."""

    where: str
    namespace: str
    name: str
    dimensions: frozenset[str]
    service: str | None


def of_alarms(platform: Synthesized) -> Iterator[Used]:
    for alarm in platform.of_type("AWS::CloudWatch::Alarm"):
        properties = alarm.properties
        stats = [each.get("MetricStat") for each in properties.get("Metrics", ())]
        metrics = [stat["Metric"] for stat in stats if stat]
        if "MetricName" in properties:
            metrics.append(properties)
        assert metrics, alarm.path
        for metric in metrics:
            pairs = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
            yield _used(alarm.path, metric["Namespace"], metric["MetricName"], pairs)


def of_dashboards(platform: Synthesized) -> Iterator[Used]:
    for title, widget in widgets(platform):
        for row in widget["properties"].get("metrics", ()):
            if isinstance(row[0], dict):
                yield from _searched(title, row[0].get("expression", ""))
                continue
            namespace, name, *rest = [part for part in row if not isinstance(part, dict)]
            yield _used(title, namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)))


def widgets(platform: Synthesized, subject: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of all dashboards, or of those whose name ends in `subject`."""
    for dashboard in platform.of_type("AWS::CloudWatch::Dashboard"):
        name = dashboard.properties["DashboardName"]
        if not name.endswith(subject):
            continue
        for widget in _body(platform, dashboard)["widgets"]:
            shown = widget["properties"].get("title") or widget["properties"].get("markdown")
            yield f"{name}: {shown}", widget


def _body(platform: Synthesized, dashboard: Resource) -> Any:
    """Its references are named inside the text of a JSON document."""
    join, parts = dashboard.properties["DashboardBody"]["Fn::Join"]
    named = [
        part
        if isinstance(part, str)
        else platform.named(part, stack=dashboard.stack).replace('"', "'")
        for part in parts
    ]
    return json.loads(join.join(named))


def _searched(title: str, expression: str) -> Iterator[Used]:
    for found in SEARCH.finditer(expression):
        namespace, *names = found["schema"].split(",")
        pairs = dict(re.findall(r'(\w+)="([^"]+)"', found["wanted"]))
        name = pairs.pop("MetricName")
        assert pairs.keys() <= set(names), title
        yield _used(title, namespace, name, {key: pairs.get(key) for key in names})


def _used(where: str, namespace: str, name: str, pairs: Mapping[str, Any]) -> Used:
    service = pairs.get("service")
    return Used(where, namespace, name, frozenset(pairs), service)
