"""A visitor is led to their variation once, safely, and is remembered for a year."""

import copy
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_functions import split_url
from tests.unit.edge_functions.conftest import CONFIGURATION, IN_CONTROL, IN_WIDE, viewer_request

WIDE = "https://www.example.com/home-new?layout=wide"
YEAR = "; Max-Age=31536000; Path=/; Secure; SameSite=Lax"


def changed(configuration, **experiment):
    configuration["payload"]["experiments"][0] |= experiment
    return configuration


def leading_to(configuration, *targets):
    variations = [{"urlRedirect": target} for target in targets]
    return changed(configuration, variations=[{}, *variations], weights=[0, 1])


def test_a_visitor_is_led_to_their_variation_and_is_remembered(edge):
    location, cookies = edge.ask(cookies=[f"visitor={IN_WIDE}"])

    assert location == WIDE
    assert cookies == [f"exp_landing=wide{YEAR}"]


def test_a_redirect_is_in_no_cache(edge):
    answer = split_url.handler(viewer_request(cookies=[f"visitor={IN_WIDE}"]), None)

    assert answer["status"] == "302"
    assert answer["headers"]["cache-control"][0]["value"] == "private, no-store"


def test_a_visitor_of_the_control_sees_the_page_and_is_remembered_by_its_response(edge):
    location, cookies = edge.ask(cookies=[f"visitor={IN_CONTROL}"])

    assert location is None
    assert cookies == [f"exp_landing=control{YEAR}"]


def test_the_remembered_variation_goes_before_the_hash(edge):
    led, kept = edge.ask(cookies=[f"visitor={IN_CONTROL}", "exp_landing=wide"])
    stays, nothing = edge.ask(cookies=[f"visitor={IN_WIDE}", "exp_landing=control"])

    assert (led, kept) == (WIDE, [f"exp_landing=wide{YEAR}"])
    assert (stays, nothing) == (None, [])


def test_a_variation_that_does_not_exist_is_not_remembered(edge):
    location, _ = edge.ask(cookies=[f"visitor={IN_WIDE}", "exp_landing=https://evil.example"])

    assert location == WIDE


@pytest.mark.parametrize(
    "cookies", [(), ("visitor=",), ("visitor=a b",), ("visitor=" + "x" * 129,)]
)
def test_a_visitor_without_a_usable_id_gets_one_and_keeps_it(edge, cookies):
    location, given_cookies = edge.ask(cookies=cookies)

    kept = [cookie.partition(";")[0] for cookie in given_cookies]
    assert {cookie.partition("=")[0] for cookie in kept} == {"exp_landing", "visitor"}
    assert all(cookie.endswith(YEAR) for cookie in given_cookies)
    again, _ = edge.ask(cookies=[cookie for cookie in kept if cookie.startswith("visitor=")])
    assert again == location


def test_visitors_are_split_as_the_weights_say(edge):
    led = sum(edge.ask(cookies=[f"visitor=v{n}"])[0] is not None for n in range(4_000))

    assert abs(led / 4_000 - 0.5) < 0.03


def test_query_strings_are_kept_and_the_variations_own_parameters_win(edge):
    location, _ = edge.ask(
        query="utm=a%20b&layout=narrow&utm=c&empty=", cookies=[f"visitor={IN_WIDE}"]
    )

    assert location.startswith(WIDE)
    assert parse_qs(urlsplit(location).query, keep_blank_values=True) == {
        "layout": ["wide"],
        "utm": ["a b", "c"],
        "empty": [""],
    }


def test_parameters_that_are_no_unicode_are_kept_byte_for_byte(edge):
    location, _ = edge.ask(query="q=caf%E9&p=caf%C3%A9", cookies=[f"visitor={IN_WIDE}"])

    assert location == f"{WIDE}&q=caf%E9&p=caf%C3%A9"


@pytest.mark.parametrize(
    "query", [pytest.param("layout=wide", id="exact"), pytest.param("a=1&layout=wide", id="more")]
)
def test_who_is_where_a_variation_leads_is_not_led_on(edge, query):
    assert edge.ask(uri="/home-new", query=query, cookies=[f"visitor={IN_WIDE}"]) == (None, [])


def follow(edge, location, cookies=()):
    hops = 0
    while location is not None and hops < 5:
        hops += 1
        parts = urlsplit(location)
        location, _ = edge.ask(
            uri=parts.path or "/", query=parts.query, host=parts.netloc, cookies=cookies
        )
    return hops


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param(["https://www.example.com/home?layout=wide"], id="the same page"),
        pytest.param(["/home?layout=wide"], id="a relative address"),
        pytest.param(["/home/"], id="the same page with a slash"),
        pytest.param(["/home"], id="itself"),
        pytest.param(["/home?a=1", "/home?a=2"], id="two variations of one page"),
        pytest.param(["https://shop.example.com/home"], id="another host under test"),
        pytest.param(["https://WWW.example.com:443/home?b=%31"], id="another spelling"),
    ],
)
def test_no_visitor_is_led_on_twice_even_without_cookies(edge_for, configuration, targets):
    weights = [0, *[1 / len(targets)] * len(targets)]
    edge = edge_for(changed(leading_to(configuration, *targets), weights=weights))

    for _ in range(20):
        assert follow(edge, "https://www.example.com/home?x=1") <= 2


def test_two_tests_that_lead_to_each_others_pages_do_not_loop(edge_for, configuration):
    there, back = (
        {
            "key": key,
            "urlPatterns": [{"type": "simple", "pattern": f"*{page}"}],
            "variations": [{}, {"urlRedirect": target}],
            "weights": [0, 1],
        }
        for key, page, target in (("a", "/one", "/two"), ("b", "/two", "/one"))
    )
    configuration["payload"]["experiments"] = [there, back]
    edge = edge_for(configuration)

    assert edge.ask(uri="/one") == (None, [])
    assert edge.ask(uri="/two") == (None, [])


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("https://evil.example/home", id="another host"),
        pytest.param("//evil.example/home", id="another host without scheme"),
        pytest.param("https://www.example.com.evil.example/", id="a host that looks alike"),
        pytest.param("https://www.example.com@evil.example/", id="a host as a user name"),
        pytest.param("https://evil.example\\@www.example.com/", id="a host that browsers see"),
        pytest.param("https://user@www.example.com/", id="a user name"),
        pytest.param("https://www.example.com:8443/", id="another port"),
        pytest.param("http://www.example.com/home-new", id="without TLS"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https://www.example.com/a/../b", id="an address that browsers shorten"),
        pytest.param("/caf\u00e9", id="an address that browsers encode"),
        pytest.param("/a\\b", id="an address that browsers rewrite"),
    ],
)
def test_nobody_is_led_to_an_unsafe_address(edge_for, configuration, target):
    assert edge_for(leading_to(configuration, target)).ask()[0] is None


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"method": "POST"}, id="a form that is sent"),
        pytest.param({"uri": "/other"}, id="a page that is not tested"),
        pytest.param({"host": "evil.example"}, id="a host that is not configured"),
        pytest.param({"host": "evil.example\\@www.example.com"}, id="a host behind another"),
        pytest.param({"host": "["}, id="a host that is none"),
        pytest.param({"host": ""}, id="no host"),
    ],
)
def test_everything_else_passes_untouched(edge, request_):
    assert edge.ask(cookies=[f"visitor={IN_WIDE}"], **request_) == (None, [])


def test_a_variation_may_be_looked_at_without_being_remembered(edge):
    location, cookies = edge.ask(query="landing=1", cookies=[f"visitor={IN_CONTROL}"])

    assert (location, cookies) == (f"{WIDE}&landing=1", [])


def test_an_experiment_that_is_not_active_leads_nobody(edge_for, configuration):
    edge = edge_for(changed(configuration, active=False))

    assert edge.ask(cookies=["exp_landing=wide"]) == (None, [])


def test_who_is_not_targeted_is_neither_led_nor_remembered(edge_for, configuration):
    condition = {"userAgent": {"$regex": "iPhone"}}

    assert edge_for(changed(configuration, condition=condition)).ask() == (None, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_client_sends_in_our_header_is_dropped(edge, method):
    event = viewer_request(uri="/other", method=method)
    headers = event["Records"][0]["cf"]["request"]["headers"]
    headers["x-kindred-set-cookie"] = [{"key": "x", "value": "session=stolen"}]

    assert "x-kindred-set-cookie" not in split_url.handler(event, None)["headers"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["home", ""]) | st.text(), st.text(), st.text(), st.text())
def test_no_request_takes_the_page_away(edge, uri, query, cookie, host):
    configured = copy.deepcopy(CONFIGURATION["hosts"])
    for name in (host, *configured):
        location, _ = edge.ask(uri=f"/{uri}", query=query, cookies=[cookie], host=name)
        assert location is None or urlsplit(location).netloc in configured
