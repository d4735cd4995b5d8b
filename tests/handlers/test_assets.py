"""Scripts and styles: minified and compressed, under addresses that may be kept for a year."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from chat import resources
from handlers.assets import PackedAssets, _css
from tests.handlers.conftest import PASSWORD, Browser

MODULE = "/static/js/chat.js"


async def fetch(browser: Browser, path: str, **headers: str) -> HTTPResponse:
    """Fetch without unpacking."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HTTPRequest(browser.base + path, headers=names, decompress_response=False)
    return await AsyncHTTPClient().fetch(request, raise_error=False)


@pytest.mark.gen_test
async def test_text_is_sent_small_to_whoever_takes_that(browser: Browser) -> None:
    plain = await fetch(browser, MODULE)
    packed = await fetch(browser, MODULE, Accept_Encoding="gzip, br;q=1.0")
    zipped = await fetch(browser, MODULE, Accept_Encoding="gzip, br;q=0")

    assert plain.body == (resources.static() / "js/chat.js").read_bytes()
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "br"
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert brotli.decompress(packed.body) == gzip.decompress(zipped.body)
    assert len(packed.body) * 3 < len(plain.body)
    tags = {answer.headers["Etag"] for answer in (plain, packed, zipped)}
    assert len(tags) == 3
    for answer in (plain, packed, zipped):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.gen_test
async def test_who_has_it_already_is_told_so(browser: Browser) -> None:
    first = await fetch(browser, MODULE, Accept_Encoding="br")

    again = await fetch(browser, MODULE, Accept_Encoding="br", If_None_Match=first.headers["Etag"])

    assert (again.code, again.body) == (304, b"")


@pytest.mark.gen_test
async def test_pictures_and_parts_of_files_are_sent_as_they_are(browser: Browser) -> None:
    picture = await fetch(browser, "/static/icons/icon-192.png", Accept_Encoding="br")
    part = await fetch(browser, MODULE, Accept_Encoding="br", Range="bytes=0-9")

    assert "Content-Encoding" not in picture.headers
    assert (part.code, len(part.body)) == (206, 10)
    assert "Content-Encoding" not in part.headers


@pytest.mark.gen_test
async def test_what_holds_a_secret_is_never_compressed(browser: Browser) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    for path in ("/", "/login", "/api/v1/me"):
        answer = await fetch(browser, path, Accept_Encoding="gzip, br", Cookie=cookie)
        assert "Content-Encoding" not in answer.headers, path


@pytest.mark.gen_test
async def test_nothing_outside_the_folder_is_packed(browser: Browser) -> None:
    for path in (
        "/static/../chat.js",
        "/static/%2e%2e/x.js",
        "/static/js/none.js",
        "/static/%00.js",
    ):
        assert (await fetch(browser, path, Accept_Encoding="br")).code == 404, path


@pytest.mark.gen_test
async def test_a_file_that_has_changed_is_packed_anew(tmp_path: Path) -> None:
    assets = PackedAssets()
    file = tmp_path / "a.css"
    file.write_text("a { color: red }")
    before = await assets.get(file, "br")

    file.write_text("a { color: green } /* longer */")

    assert brotli.decompress(before) == b"a{color:red}"
    assert brotli.decompress(await assets.get(file, "br")) == b"a{color:green}"


@pytest.mark.gen_test
async def test_the_page_asks_for_all_its_modules_at_once(browser: Browser) -> None:
    page = (await browser.get("/shell")).body.decode()

    preloaded = re.findall(r'rel="modulepreload" href="(/static/[^"?]+)\?v=', page)

    assert MODULE in preloaded
    assert "/static/js/lib/words.js" in preloaded
    assert "/static/js/auth.js" not in preloaded


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.gen_test
async def test_what_a_first_visit_loads_is_small(browser: Browser, language: str) -> None:
    page = (await browser.get("/shell", headers={"Accept-Language": language})).body.decode()
    assets = PackedAssets()

    names = re.findall(r'rel="(?:modulepreload|stylesheet)" href="/static/([^"?]+)\?v=', page)
    sizes = {name: len(await assets.get(resources.static() / name, "br")) for name in names}

    assert len(sizes) > 50
    assert f"js/words/{language}.js" in sizes
    assert sum(sizes.values()) < 60_000, sizes


@pytest.mark.gen_test
async def test_the_shell_knows_nobody(browser: Browser) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD, name="Ann Lee")

    shell = await browser.get("/shell")

    assert shell.code == 200
    assert not re.search(rb"Ann|data-user-id|_xsrf", shell.body)
    assert "Set-Cookie" not in shell.headers


@pytest.mark.gen_test
async def test_the_worker_knows_which_build_it_belongs_to(browser: Browser) -> None:
    worker = (await browser.get("/sw.js")).body.decode()
    shell = (await browser.get("/shell")).body.decode()

    found = re.match(r"const BUILD = '(\w+)';\n", worker)
    assert found
    assert f'name="parley-build" content="{found[1]}"' in shell


def test_minified_styles_mean_the_same() -> None:
    sheet = """@layer a { /* x */
      .a { color: red; }
      .b :is(.c, .d) { color: red; }
      @media (width < 700px) { .e[f="g"] :not(.h) { margin: 0 1px; } :root { --i: 1; } }
      .j > :first-child, .k:hover { color: red; }
    }"""

    packed = _css(sheet)

    for selector in (".b *:is(.c,.d){", '.e[f="g"] *:not(.h){', ":root{", ".k:hover{"):
        assert selector in packed
    assert ".j>*:first-child" in packed or ".j>:first-child" in packed


@pytest.mark.parametrize("path", sorted(resources.static().rglob("*.css")), ids=lambda p: p.name)
def test_no_style_sheet_loses_a_space_that_counts(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)

    packed = _css(text)

    descendants = re.findall(r"[\w\])] :(?:is|not|has|where|focus|hover|checked|empty)\b", text)
    assert len(re.findall(r" \*:", packed)) >= len(descendants)
