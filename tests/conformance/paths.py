"""The functions that evaluate, each asked the same question: which variation does this unit see?"""

import re
from urllib.parse import urlsplit

from edge_functions import split_url
from experiment_functions import assign, evaluate_flag
from experiment_functions.current_snapshot import CurrentSnapshot
from kindred.experiments.split_url import SplitUrl
from kindred_aws.definition_store import Fetched
from tests.unit.edge_functions.conftest import viewer_request

HOST = "www.example.com"
_VISITOR = re.compile(r"[A-Za-z0-9._-]{1,128}")


def event_of(given, documents=None):
    """A case's context as an invocation of a function."""
    event = {
        "attributes": given.get("attributes", {}),
        "url": given.get("url", ""),
        "forced_variations": given.get("forcedVariations", {}),
        "qa_mode": given.get("qaMode", False),
        "enabled": given.get("enabled", True),
    }
    return event if documents is None else {**event, "sticky": documents}


class _Function:
    module = None

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch

    def invoke(self, payload, event, *, decryption_key=None):
        current = CurrentSnapshot(
            lambda _: Fetched(1, payload, "etag"), decryption_key=decryption_key
        )
        self._monkeypatch.setattr(self.module, "current_snapshot", lambda: current)
        evaluate_flag.recent_results.cache_clear()
        return self.module.handler(event, None)

    def carries(self, _given):
        return True


class FlagFunction(_Function):
    """The definition is a rule of a flag."""

    module = evaluate_flag

    def ask(self, definition, given, *, documents=None, decryption_key=None, **payload):
        rules = {"rules": [definition]}
        features = {**payload.pop("features", {}), definition["key"]: rules}
        event = {**event_of(given, documents), "flag_key": definition["key"]}
        answer = self.invoke(
            {**payload, "features": features}, event, decryption_key=decryption_key
        )
        return answer["assignment"]["variation_id"] if "assignment" in answer else None

    def ask_beside_encrypted(self, definition, given, *, cipher, key):
        """An encrypted payload holds all flags: the function is asked for its flag itself."""
        event = {"flag_key": definition["parentConditions"][0]["id"], **event_of(given)}
        value = self.invoke({"encryptedFeatures": cipher}, event, decryption_key=key)["value"]
        return 0 if value is True else None


class AssignFunction(_Function):
    """The definition is an experiment."""

    module = assign

    def ask(self, definition, given, *, documents=None, decryption_key=None, **payload):
        event = {**event_of(given, documents), "experiment_key": definition["key"]}
        answer = self.invoke(
            {**payload, "experiments": [definition]}, event, decryption_key=decryption_key
        )
        return answer["variation_id"] if answer["in_experiment"] else None

    def ask_beside_encrypted(self, definition, given, *, cipher, key):
        return self.ask(definition, given, decryption_key=key, encryptedFeatures=cipher)


class EdgeFunction:
    """The definition's variations are pages of their own; the unit is the visitor's cookie."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch

    def carries(self, given):
        """A browser's request has one id, which a cookie can hold, and no attributes of a user."""
        attributes = given.get("attributes", {})
        visitor = attributes.get("id", "visitor")
        asked = {"forcedVariations", "qaMode", "enabled"} & given.keys()
        return (
            attributes.keys() <= {"id", "userAgent"}
            and isinstance(visitor, str)
            and _VISITOR.fullmatch(visitor) is not None
            and not asked
        )

    def visit(self, payload, given, *, cookies=(), agent=None):
        """The redirect's address, or None where the page is shown."""
        configuration = {"hosts": [HOST], "visitor_cookie": "visitor", "payload": payload}
        split = SplitUrl(configuration)
        self._monkeypatch.setattr(split_url, "split_url", lambda: split)
        page = urlsplit(given.get("url") or f"https://{HOST}/")
        visitor = given.get("attributes", {}).get("id", "visitor")
        event = viewer_request(
            uri=page.path or "/", query=page.query, cookies=[f"visitor={visitor}", *cookies]
        )
        if agent is not None:
            headers = event["Records"][0]["cf"]["request"]["headers"]
            headers["user-agent"] = [{"key": "User-Agent", "value": agent}]
        answer = split_url.handler(event, None)
        return answer["headers"]["location"][0]["value"] if "status" in answer else None

    def ask(self, definition, given, *, cookies=(), **payload):
        count = len(definition["variations"])
        pages = [{"urlRedirect": f"https://{HOST}/variation-{n}"} for n in range(count)]
        experiment = {**definition, "variations": pages}
        agent = given.get("attributes", {}).get("userAgent")
        location = self.visit(
            {**payload, "experiments": [experiment]}, given, cookies=cookies, agent=agent
        )
        return None if location is None else int(urlsplit(location).path.rpartition("-")[2])
