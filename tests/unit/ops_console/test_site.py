"""The console's files: named by their content, each cached for as long as it stays true."""

import re

import pytest

from ops.console.publishing import invalidation, publish
from ops.console.site import FOR_A_MINUTE, FOR_EVER, InvalidSite, build

CONFIGURATION = {"clientId": "client", "signInUrl": "https://people.example.com"}


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "index.html").write_text('<script src="/assets/a.js"></script>')
    (tmp_path / "a.js").write_text('import { b } from "./b.js";')
    (tmp_path / "b.js").write_text("export const b = 1;")
    return tmp_path


def built(sources):
    return {file.key: file for file in build(CONFIGURATION, sources=sources)}


def named(files, stem):
    [found] = [key for key in files if key.startswith(f"assets/{stem}-")]
    return found


def test_the_console_itself_is_whole():
    files = build(CONFIGURATION)
    keys = {file.key for file in files}
    text = b" ".join(file.content for file in files).decode()

    assert {"index.html", "404.html", "config.json", "robots.txt"} <= keys
    for name in re.findall(r'"(?:/assets/|\./)([\w.-]+\.(?:js|css))"', text):
        assert f"assets/{name}" in keys


def test_a_page_names_its_asset_and_an_asset_the_next_by_content(sources):
    files = built(sources)
    a, b = named(files, "a"), named(files, "b")

    assert f'"/{a}"' in files["index.html"].content.decode()
    assert f'"./{b.removeprefix("assets/")}"' in files[a].content.decode()


def test_a_change_renames_what_changed_and_whatever_names_it(sources):
    before = built(sources)
    (sources / "b.js").write_text("export const b = 2;")
    after = built(sources)

    assert named(before, "b") != named(after, "b")
    assert named(before, "a") != named(after, "a")


def test_assets_are_kept_for_ever_and_pages_for_a_minute(sources):
    for key, file in built(sources).items():
        assert file.cache_control == (FOR_EVER if key.startswith("assets/") else FOR_A_MINUTE)


def test_assets_come_before_the_pages_that_name_them(sources):
    keys = [file.key for file in build(CONFIGURATION, sources=sources)]

    assert keys.index("index.html") > max(
        keys.index(key) for key in keys if key.startswith("assets/")
    )


def test_the_settings_are_public_and_hold_no_secret(sources):
    assert built(sources)["config.json"].content == (
        b'{"clientId": "client", "signInUrl": "https://people.example.com"}'
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("b.js", 'import "./c.js";', "b.js: given c.js", id="an asset that is not"),
        pytest.param("b.js", 'import "./a.js";', "a.js -> b.js -> a.js", id="a circle"),
        pytest.param("index.html", '"/assets/x.css"', "index.html: given x.css", id="in a page"),
    ],
)
def test_what_names_nothing_is_refused(sources, name, text, says):
    (sources / name).write_text(text)

    with pytest.raises(InvalidSite, match=re.escape(says)):
        build(CONFIGURATION, sources=sources)


class Bucket:
    """As much of S3 as publishing touches."""

    def __init__(self):
        self.objects = {}

    def get_paginator(self, name):
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket, Prefix):
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}]

    def put_object(self, *, Key, **object_):
        self.objects[Key] = object_


def test_publishing_puts_new_assets_and_always_the_pages(sources):
    s3 = Bucket()
    first = publish(s3, "bucket", build(CONFIGURATION, sources=sources))
    (sources / "b.js").write_text("export const b = 2;")
    second = publish(s3, "bucket", build(CONFIGURATION, sources=sources))

    assert len(first) == 4
    assert {key.partition("-")[0] for key in second} == {
        "assets/a", "assets/b", "config.json", "index.html",
    }  # fmt: skip
    assert len(s3.objects) == 6, "who has an older page open still gets its assets"
    assert s3.objects["index.html"]["ContentType"] == "text/html; charset=utf-8"


def test_cloudfront_forgets_every_page_that_is_published_and_no_asset(sources):
    (sources / "about.html").write_text("<h1>About</h1>")
    files = build(CONFIGURATION, sources=sources)

    paths = invalidation(files)["Paths"]

    pages = {f"/{file.key}" for file in files if not file.key.startswith("assets/")}
    assert set(paths["Items"]) == {"/", "/about.html"} | pages

    assert paths["Quantity"] == len(paths["Items"])
    assert not [path for path in paths["Items"] if "assets" in path or "*" in path]
