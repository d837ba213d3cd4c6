"""Management, tracking and results as the API speaks them, counting by the platform's rules."""

from __future__ import annotations

import json
from collections import defaultdict

import httpx

from kindred.experiments.counting import count_portion
from kindred.experiments.events import Exposure, decode


class Platform:
    """`troubles` are what the next batches meet: a status, an exception, or `retry`."""

    def __init__(self):
        self.experiments = {}
        self.events = {}
        self.requests = defaultdict(int)
        self.troubles = []
        self.published_after = 0
        self.needs_approval = False
        self.valid_token = "token-1"

    def answer(self, request):
        path = request.url.path.removeprefix("/stage/")
        self.requests[request.method, path] += 1
        if path == "api/v1/tracking/batch":
            assert request.headers["x-api-key"] == "key"
            if self.troubles:
                trouble = self.troubles.pop(0)
                if isinstance(trouble, Exception):
                    raise trouble
                if trouble != "retry":
                    return httpx.Response(trouble, json={"detail": "not now"})
                return self.batch(json.loads(request.content)["events"], refuse_every=2)
            return self.batch(json.loads(request.content)["events"])
        if request.headers["authorization"] != f"Bearer {self.valid_token}":
            return httpx.Response(401, json={"message": "Unauthorized"})
        return self.manage(request, path.removeprefix("api/v1/experiments").strip("/"))

    def manage(self, request, path):
        if request.method == "POST" and not path:
            given = json.loads(request.content)
            if self.needs_approval:
                return httpx.Response(202, json={"approval": 1})
            self.experiments[given["key"]] = {**given, "status": "draft"}
            return httpx.Response(201, json=self.experiments[given["key"]])
        key, _, verb = path.partition("/")
        if key not in self.experiments:
            return httpx.Response(404, json={"detail": f"no experiment has the key '{key}'"})
        if verb == "start":
            self.experiments[key]["status"] = "running"
        if verb == "results":
            return httpx.Response(200, json=self.results(key))
        return httpx.Response(200, json=self.experiments[key])

    def batch(self, events, refuse_every=0):
        assert 1 <= len(events) <= 500
        results = []
        for number, event in enumerate(events):
            decoded = decode(json.dumps(event).encode())
            if self.published_after > 0:
                reason = "experiment_id: given 'x', which no experiment has"
                results.append({"status": "rejected", "reason": reason})
            elif refuse_every and number % refuse_every:
                results.append({"status": "retry"})
            else:
                self.events.setdefault(decoded.event_id, decoded)
                results.append({"status": "accepted", "event_id": decoded.event_id})
        self.published_after -= 1
        return httpx.Response(202, json={"results": results})

    def results(self, key):
        events = [event for event in self.events.values() if event.experiment_id == key]
        events.sort(key=lambda event: not isinstance(event, Exposure))
        counts, quality = {}, {}
        increments = count_portion(events, {}, max_items=10**9).increments
        for (_, variation, metric, _, _), gain in increments.items():
            if variation == "!":
                quality[metric] = gain.units or gain.events
                continue
            of = counts.setdefault(variation, {"units": 0, "metrics": {}})
            if metric == "-":
                of["units"] += gain.units
            else:
                tally = of["metrics"].setdefault(metric, {"units": 0, "total": 0.0, "events": 0})
                tally["units"] += gain.units
                tally["total"] += gain.total / 1e6
                tally["events"] += gain.events
        decision = {"outcome": "keep_running", "winner": None, "reasons": ["2 of 14 days"]}
        return {"counts": counts, "quality": quality, "decision": decision}
