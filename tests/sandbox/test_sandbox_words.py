from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from sandbox.studio.faults import KINDS, WORDS, words_in

KEY = "cs_test_sandbox_key"
PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def rows(heading):
    """The first two columns of the table under `heading`."""
    table = PAGE.read_text("utf-8").partition(heading)[2].lstrip().partition("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE))


def test_the_page_lists_exactly_the_words_that_there_are():
    assert rows("| word | what happens |") == WORDS


def test_the_page_lists_exactly_the_faults_that_there_are():
    common = rows("| everywhere but at `webhook` | what happens |")
    assert common | rows("| at `submit`, `get`, `status`, `openapi`, `mcp` | what happens |") == KINDS["submit"]
    assert KINDS["submit"] == KINDS["get"] == KINDS["status"] == KINDS["openapi"] == KINDS["mcp"]
    assert common | rows("| at `media` | what happens |") == KINDS["media"]
    assert rows("| at `webhook` | what happens |") == KINDS["webhook"]


def test_words_are_found_in_any_text_but_not_in_links():
    given = {"prompt": "A #Slow fox", "list": [{"deep": "#big"}], "image_url": "https://a.example/#gone", "n": 1}
    assert words_in(given) == {"#slow", "#big"}
    assert words_in("#slowly #biggest") == frozenset()


@pytest.mark.parametrize(("word", "status", "stored"), [("#flood", 429, 0), ("#down", 503, 0), ("#crash", 500, 1)])
async def test_a_word_can_break_the_first_post_only(submit, sandbox, word, status, stored):
    assert (await submit(idem="once", prompt=f"A fox {word}"))[0] == status
    assert len(sandbox.requests) == stored
    assert (await submit(idem="once", prompt=f"A fox {word}"))[0] == 202
    assert len(sandbox.requests) == 1


async def test_drop_loses_the_first_answer_but_not_the_request(submit, sandbox):
    with pytest.raises(aiohttp.ClientError):
        await submit(idem="once", prompt="A fox #drop")
    assert (await submit(idem="once", prompt="A fox #drop"))[0] == 202
    assert len(sandbox.requests) == 1


async def test_billed_fails_and_keeps_its_credits(submit, finished, sandbox):
    _, created = await submit(prompt="A fox #billed")
    document = await finished(created["id"])
    assert (document["status"], document["billableCredits"]) == ("failed", 12)
    assert "is billed" in document["errorMessage"]
    assert sandbox.spent(KEY) == 12
