"""The site of the documents, built and searched in Chromium: plain words find the answers to what is asked most."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.async_api import Page

from tests.support.page import ANSWER_MS, CHROMIUM, page_at
from tests.support.questions import QUESTIONS, ROOT
from tools.site import gather

MKDOCS = Path(sys.prefix) / "docs" / "bin" / "python"
FIRST = 3
"""Results that people look at."""
RESULT = ".md-search-result__item"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
    pytest.mark.skipif(not MKDOCS.exists(), reason="MkDocs is not here: make docs"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site, and return its address."""
    folder = tmp_path_factory.mktemp("site")
    gather(folder / "source")
    (folder / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: source\ntheme: {{custom_dir: {ROOT / 'tools' / 'site_theme'}}}\n"
    )
    command = [MKDOCS, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", folder / "mkdocs.yml"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([*command, "--site-dir", folder / "built"], check=True, env=environment)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder / "built"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def results(page: Page, site: str, words: str) -> list[list[str]]:
    """Return what the search finds: of each page its address and those of its parts, as documents of the project."""
    await page.goto(f"{site}/index.html?q={quote(words)}")
    await page.locator(RESULT).first.wait_for(state="attached", timeout=ANSWER_MS)
    hrefs = await page.locator(RESULT).evaluate_all(
        "items => items.map(item => [...item.querySelectorAll('a')].map(link => link.href))"
    )
    return [[document(href) for href in found] for found in hrefs]


def document(href: str) -> str:
    parts = urlsplit(href)
    page = parts.path.strip("/").removesuffix(".html")
    return f"docs/{page}.md" + (f"#{parts.fragment}" if parts.fragment else "")


async def test_plain_words_and_whole_questions_find_the_answer_among_the_first_results(site: str):
    async with page_at(f"{site}/index.html") as page:
        for each in QUESTIONS:
            typed, asked = [(await results(page, site, words))[:FIRST] for words in (each.typed, each.asked)]
            assert each.place in {place for places in typed for place in places}, each.typed
            assert each.place.partition("#")[0] in {place for place, *_ in asked}, each.asked
            assert [place for place, *_ in (*typed, *asked) if place.startswith("docs/decisions/")] == []


async def test_a_phone_finds_it_too(site: str):
    async with page_at(f"{site}/index.html", width=390, height=844) as page:
        [first, *_] = (await results(page, site, "stop NSFW"))[0]
        assert first == "docs/guides/moderator.md"
        assert await page.locator(RESULT).first.is_visible()
