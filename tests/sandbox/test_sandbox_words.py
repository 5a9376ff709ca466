from __future__ import annotations

import io
import re
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

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


@pytest.mark.parametrize(("word", "status"), [("#invalid", 400), ("#broke", 402)])
async def test_a_word_can_refuse_the_post(submit, sandbox, word, status):
    for _ in range(2):
        assert (await submit(idem="once", prompt=f"A fox {word}"))[0] == status
    assert sandbox.requests == []


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


async def test_fast_slow_and_forever_change_how_long_it_takes(submit, sandbox, api, clock):
    ids = [(await submit(prompt=f"A fox {word}"))[1]["id"] for word in ("#fast", "", "#slow", "#forever")]

    async def states():
        found = []
        for remote_id in ids:
            async with api.get(f"/api/v1/requests/{remote_id}") as answer:
                found.append((await answer.json())["status"])
        return found

    assert await states() == ["succeeded", "queued", "queued", "queued"]
    clock.jump(25)
    assert await states() == ["succeeded", "succeeded", "processing", "processing"]
    clock.jump(400)
    assert await states() == ["succeeded", "succeeded", "succeeded", "processing"]
    clock.jump(10**8)
    assert (await states())[3] == "processing"
    sandbox.finish(ids[3])
    assert (await states())[3] == "succeeded"


async def test_fail_ends_it_with_a_message(submit, finished, sandbox):
    _, created = await submit(prompt="A fox #fail")
    document = await finished(created["id"])
    assert document["status"] == "failed"
    assert document["output"]["status"] == "failed"
    assert document["errorMessage"].startswith("The model could not finish")
    assert sandbox.spent(KEY) == 0


async def test_billed_fails_and_keeps_its_credits(submit, finished, sandbox):
    _, created = await submit(prompt="A fox #billed")
    document = await finished(created["id"])
    assert (document["status"], document["billableCredits"]) == ("failed", 12)
    assert "is billed" in document["errorMessage"]
    assert sandbox.spent(KEY) == 12


async def test_plan_refuses_the_operation_and_nothing_else(submit, sandbox, api):
    for _ in range(2):
        status, body = await submit(idem="once", prompt="A fox #plan")
        assert status == 403
        assert "plan does not include" in body["error"]["message"]
    async with api.get("/api/v1/status") as answer:
        assert answer.status == 200
    assert (await submit())[0] == 202
    assert len(sandbox.requests) == 1


async def test_late_takes_five_hours(submit, api, clock):
    _, created = await submit(prompt="A fox #late")
    found = []
    for jump_s in (60, 4.9 * 3600, 0.1 * 3600):
        clock.jump(jump_s)
        async with api.get(f"/api/v1/requests/{created['id']}") as answer:
            found.append((await answer.json())["status"])
    assert found == ["processing", "processing", "succeeded"]


async def test_skewed_tells_times_that_cannot_be(submit, finished, clock):
    _, created = await submit(prompt="A fox #skewed")
    clock.jump(60)
    document = await finished(created["id"])
    assert document["status"] == "succeeded"
    assert document["completedAtMs"] - document["createdAtMs"] > 2 * 86_400_000
    assert document["createdAtMs"] < clock.now * 1000 - 86_000_000


async def test_lost_forgets_the_request(submit, api):
    _, created = await submit(prompt="A fox #lost")
    async with api.get(f"/api/v1/requests/{created['id']}") as answer:
        assert answer.status == 404


async def test_strange_has_a_status_that_nobody_knows_until_it_ends(submit, api, finished, clock):
    _, created = await submit(prompt="A fox #strange")
    clock.jump(2)
    async with api.get(f"/api/v1/requests/{created['id']}") as answer:
        assert (await answer.json())["status"] == "in_review"
    assert (await finished(created["id"]))["status"] == "succeeded"


async def test_none_succeeds_without_a_result(submit, finished):
    _, created = await submit(prompt="A fox #none")
    document = await finished(created["id"])
    assert document["status"] == "succeeded"
    assert not [key for key in document["output"] if "url" in key]


async def test_many_gives_four_pictures_and_twice_the_same_one_again(submit, finished):
    many = await finished((await submit(prompt="A fox #many"))[1]["id"])
    twice = await finished((await submit(prompt="A fox #twice"))[1]["id"])
    assert len(set(many["output"]["image_urls"])) == 4
    assert twice["output"]["image_urls"] == [twice["output"]["image_url"]] * 2


@pytest.mark.parametrize(
    ("word", "status", "start"),
    [
        ("#gone", 404, b"{"),
        pytest.param("#empty", 200, b"", marks=pytest.mark.long),
        ("#html", 200, b"<!doctype"),
        ("#wrongtype", 200, b"PK\x03\x04"),
    ],
)
async def test_a_word_can_spoil_the_file(submit, finished, api, word, status, start):
    _, created = await submit(prompt=f"A fox {word}")
    url = (await finished(created["id"]))["output"]["image_url"]
    for _ in range(2):
        async with api.get(url) as answer:
            body = await answer.read()
            assert answer.status == status
        assert body.startswith(start)
        assert bool(body) == bool(start)


async def test_big_is_a_real_picture_of_more_than_eleven_mebibytes(submit, finished, api):
    _, created = await submit(prompt="A fox #big")
    async with api.get((await finished(created["id"]))["output"]["image_url"]) as answer:
        body = await answer.read()
    assert len(body) >= 11 * 1024 * 1024
    with Image.open(io.BytesIO(body)) as picture:
        picture.load()


async def test_cut_breaks_off_and_drip_hardly_comes(submit, finished, api):
    cut = await finished((await submit(prompt="A fox #cut"))[1]["id"])
    drip = await finished((await submit(prompt="A fox #drip"))[1]["id"])
    async with api.get(cut["output"]["image_url"]) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    async with api.get(drip["output"]["image_url"]) as answer:
        assert await answer.content.readany() == b"\x89"
