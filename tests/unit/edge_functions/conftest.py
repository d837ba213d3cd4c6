"""CloudFront's viewer events, and the function with a configuration of the test's."""

import copy

import pytest

from edge_functions import keep_variation, split_url
from kindred.experiments.split_url import SplitUrl

HOME = "https://www.example.com/home"
CONFIGURATION = {
    "hosts": ["www.example.com", "shop.example.com"],
    "visitor_cookie": "visitor",
    "payload": {
        "experiments": [
            {
                "key": "landing",
                "urlPatterns": [{"type": "simple", "include": True, "pattern": "*/home"}],
                "variations": [
                    {},
                    {"urlRedirect": "https://www.example.com/home-new?layout=wide"},
                ],
                "meta": [{"key": "control"}, {"key": "wide"}],
                "hashVersion": 2,
            }
        ]
    },
}
# Units that the hash puts there; the tests below say so.
IN_CONTROL, IN_WIDE = "visitor-4", "visitor-2"


def viewer_request(uri="/home", query="", cookies=(), method="GET", host="www.example.com"):
    headers = {
        "host": [{"key": "Host", "value": host}],
        "user-agent": [{"key": "User-Agent", "value": "Android Mobile Browser"}],
        "accept-language": [{"key": "Accept-Language", "value": "de-DE,de"}],
    }
    if cookies:
        headers["cookie"] = [{"key": "Cookie", "value": "; ".join(cookies)}]
    return {
        "Records": [
            {
                "cf": {
                    "config": {
                        "distributionDomainName": "d111111abcdef8.cloudfront.net",
                        "distributionId": "EDFDVBD6EXAMPLE",
                        "eventType": "viewer-request",
                        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
                    },
                    "request": {
                        "clientIp": "203.0.113.178",
                        "headers": headers,
                        "method": method,
                        "querystring": query,
                        "uri": uri,
                    },
                }
            }
        ]
    }


class Edge:
    """What a browser gets: a redirect's address or None, and the cookies that are set."""

    def __init__(self, configuration):
        self.split_url = SplitUrl(configuration)

    def ask(self, **request):
        event = viewer_request(**request)
        answer = split_url.handler(event, None)
        if "status" in answer:
            return answer["headers"]["location"][0]["value"], _cookies(answer)
        response = {"status": "200", "headers": {"content-type": [{"value": "text/html"}]}}
        event["Records"][0]["cf"] |= {"request": answer, "response": response}
        return None, _cookies(keep_variation.handler(event, None))


def _cookies(response):
    return [header["value"] for header in response["headers"].get("set-cookie", [])]


@pytest.fixture
def edge_for(monkeypatch):
    def make(configuration):
        edge = Edge(configuration)
        monkeypatch.setattr(split_url, "split_url", lambda: edge.split_url)
        return edge

    return make


@pytest.fixture
def configuration():
    return copy.deepcopy(CONFIGURATION)


@pytest.fixture
def edge(edge_for, configuration):
    return edge_for(configuration)
