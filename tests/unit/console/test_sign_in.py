"""Signing in: the page alone can use the code it asked for, and keeps no trace of it."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

from tests.unit.console.run_node import in_node

CONFIG = {"clientId": "client", "signInUrl": "https://people.example.com"}
PAGE = """
function pageAt(address, stored = {}) {
  const url = new URL(address), kept = new Map(Object.entries(stored));
  const page = {
    went: null, kept,
    location: { origin: url.origin, search: url.search, hash: url.hash,
                assign: (to) => { page.went = to; } },
    history: { replaceState: (_, __, to) => { page.shown = to; } },
    sessionStorage: { getItem: (key) => kept.get(key) ?? null,
                      setItem: (key, value) => kept.set(key, value),
                      removeItem: (key) => kept.delete(key) },
  };
  return page;
}
"""


def signing_in(script):
    head = "const m = await import(`${folder}/sign_in.js`);\n"
    return in_node(f"{head}const config = {json.dumps(CONFIG)};\n{PAGE}\n{script}")


def id_token(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part(claims)}.signature"


def test_the_challenge_is_the_one_of_the_standard():
    """RFC 7636, appendix B."""
    challenge = signing_in(
        "const result = await m.challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');"
    )

    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_sign_in_asks_for_a_code_with_a_challenge_that_nobody_else_can_meet():
    begun = signing_in(
        "const page = pageAt('https://console.example.com/#/deployments');"
        "await m.beginSignIn(config, page);"
        "const result = {went: page.went, pending: JSON.parse(page.kept.get('kindred.sign_in'))};"
    )
    address = urlsplit(begun["went"])
    query = {name: value for name, [value] in parse_qs(address.query).items()}
    verifier = begun["pending"]["verifier"]
    digest = hashlib.sha256(verifier.encode()).digest()

    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://people.example.com/oauth2/authorize"
    )
    assert 43 <= len(verifier) <= 128
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert query["redirect_uri"] == "https://console.example.com/"
    assert query["state"] == begun["pending"]["state"]
    assert verifier not in begun["went"]


COMING_BACK = """
const begun = {verifier: "v", state: "s", hash: "#/deployments"};
const stored = {"kindred.sign_in": JSON.stringify(begun)};
const asked = [];
const fetching = async (url, options) => {
  asked.push({url, body: options.body});
  return {ok: true, json: async () => ({id_token: "token", refresh_token: "not kept"})};
};
"""


def test_the_code_is_exchanged_and_leaves_the_address():
    back = signing_in(
        COMING_BACK + "const page = pageAt('https://console.example.com/?code=c&state=s', stored);"
        "await m.finishSignIn(config, page, fetching);"
        "const result = {asked, shown: page.shown, kept: Object.fromEntries(page.kept)};"
    )
    [exchange] = back["asked"]

    assert exchange["url"] == "https://people.example.com/oauth2/token"
    assert parse_qs(exchange["body"])["code_verifier"] == ["v"]
    assert back["shown"] == "/#/deployments"
    assert back["kept"] == {"kindred.id_token": "token"}


def test_a_code_that_this_tab_did_not_ask_for_is_not_used():
    back = signing_in(
        COMING_BACK + "const page = pageAt('https://console.example.com/?code=c&state=x', stored);"
        "const said = await m.finishSignIn(config, page, fetching).catch((e) => e.message);"
        "const result = {asked, said};"
    )

    assert back == {"asked": [], "said": "this sign-in was not begun here: sign in again"}


def test_a_token_ends_when_it_says_so():
    token = json.dumps(id_token({"exp": 1000, "email": "zoë@example.com"}))
    found = signing_in(
        f"const token = {token};"
        "const page = pageAt('https://c.example.com/', {'kindred.id_token': token});"
        "const before = m.person(page, 999_000).email, after = m.person(page, 1_000_000);"
        "const result = {before, after, kept: page.kept.size};"
    )

    assert found == {"before": "zoë@example.com", "after": None, "kept": 0}


def test_signing_out_ends_the_session_at_cognito_too():
    went = signing_in(
        "const page = pageAt('https://c.example.com/', {'kindred.id_token': 'token'});"
        "m.signOut(config, page); const result = [page.went, page.kept.size];"
    )

    assert went == [
        "https://people.example.com/logout?client_id=client&logout_uri=https%3A%2F%2Fc.example.com%2F",
        0,
    ]
