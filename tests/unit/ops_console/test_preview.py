"""The console in a browser of this machine: each path goes where it belongs, as it came."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from ops.console.preview import preview_server


class Emulator(BaseHTTPRequestHandler):
    """Says what it was asked, and sends somebody who signed in back."""

    def do_GET(self):
        said = f"{self.headers['host']} {self.path} {self.headers.get('authorization')}"
        self._answer(200, said.encode(), {"content-security-policy": "default-src 'none'"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self._answer(302, b"", {"location": f"http://localhost:8080/?{body.decode()}"})

    def _answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def emulator():
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Emulator)) as server:
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(emulator):
    server = preview_server(emulator=f"http://{emulator}", distribution="d1.cloudfront.net", port=0)
    with (
        serving(server),
        httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as client,
    ):
        yield client
        server.shutdown()


@pytest.mark.parametrize("path", ["/", "/assets/console-0.js", "/api/v1/experiments?limit=2"])
def test_pages_and_apis_are_asked_of_the_distribution(browser, path):
    answer = browser.get(path, headers={"authorization": "Bearer token"})

    assert answer.text == f"d1.cloudfront.net {path} Bearer token"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


def test_the_sign_in_is_asked_of_the_emulator(browser, emulator):
    assert browser.get("/oauth2/authorize?a=b").text.startswith(f"{emulator} /oauth2/authorize")


def test_who_signed_in_is_sent_back_as_the_hosted_page_says(browser):
    answer = browser.post("/login", content=b"code=1")

    assert answer.status_code == 302
    assert answer.headers["location"] == "http://localhost:8080/?code=1"
