"""The list of earlier jobs that an option for a file offers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.domain.models import Job
from tests.support.machine import slowness
from tests.support.rig import Rig
from tests.support.sources import EDIT
from tests.support.surface import watch
from tests.support.viewers import seeing
from tests.support.workflows import AUDIO, IMAGE, VIDEO, earlier


async def offered(
    rig: Rig, typed: str = "", command: str = EDIT, option: str = "from", member: Any = None
) -> list[Any]:
    return await (member or rig.member).autocomplete(rig.channel, command, option, typed)


async def three(rig: Rig) -> list[Job]:
    """Have three pictures made, an hour apart; return their jobs, oldest first."""
    jobs = []
    for prompt in ("A red fox", "Éclair sur la mer", "a blue fox " + "so very blue " * 20):
        await rig.member.slash(rig.channel, "image generate", prompt=prompt)
        await rig.work()
        jobs.append((await rig.jobs())[0])
        rig.advance(3600)
    return jobs


async def test_the_newest_jobs_stand_first_with_id_prompt_and_age(rig: Rig):
    first, second, third = await three(rig)
    choices = await offered(rig)
    assert [choice["value"] for choice in choices] == [third.id, second.id, first.id]
    assert choices[2]["name"] == f"{first.id} · A red fox · 3 hours ago"
    assert choices[1]["name"] == f"{second.id} · Éclair sur la mer · 2 hours ago"
    assert choices[0]["name"].startswith(f"{third.id} · a blue fox so very")
    assert choices[0]["name"].endswith("… · 1 hour ago")
    assert all(len(choice["name"]) <= 100 for choice in choices)


@pytest.mark.long
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("fox", [2, 0]),
        pytest.param("FOX", [2, 0], marks=pytest.mark.long),
        pytest.param("red", [0], marks=pytest.mark.long),
        pytest.param("Éclair", [1], marks=pytest.mark.long),
        ("éclair", [1]),
        ("fox blue", [2]),
        pytest.param("mer ", [1], marks=pytest.mark.long),
        pytest.param("%", [], marks=pytest.mark.long),
        ("zzz", []),
    ],
)
async def test_what_is_typed_narrows_the_list_down(rig: Rig, typed: str, found: list[int]):
    jobs = await three(rig)
    assert [choice["value"] for choice in await offered(rig, typed)] == [jobs[place].id for place in found]


@pytest.mark.long
async def test_part_of_an_id_finds_its_job(rig: Rig):
    first, *_ = await three(rig)
    assert first.id in [choice["value"] for choice in await offered(rig, first.id[2:8].lower())]


async def test_only_results_of_the_kind_that_the_option_takes_are_offered(rig: Rig):
    picture, clip, speech = [await earlier(rig, kind) for kind in (IMAGE, VIDEO, AUDIO)]
    for command, option, wanted in [
        (EDIT, "from", [picture]),
        ("image generate", "from", [picture]),
        ("video generate", "from", [clip, picture]),
        ("finish subtitles", "from", [clip]),
        ("finish motion", "from", [clip, picture]),
        ("finish lipsync", "from", [clip]),
        ("finish lipsync", "audio_from", [speech]),
        ("audio soundfx", "from", [clip]),
    ]:
        choices = await offered(rig, "", command, option)
        assert [choice["value"] for choice in choices] == [job.id for job in wanted], (command, option)


async def test_private_results_are_offered_to_their_own_author_only(rig: Rig):
    public, private = await earlier(rig, IMAGE), await earlier(rig, IMAGE, private=True)
    assert [choice["value"] for choice in await offered(rig)] == [private.id, public.id]
    assert [choice["value"] for choice in await offered(rig, member=rig.moderator)] == [public.id]


async def test_jobs_that_have_no_result_are_not_offered(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="x #fail")
    await rig.work()
    await rig.member.slash(rig.channel, "image generate", prompt="still running")
    assert await offered(rig) == []


async def multiply(rig: Rig, job: Job, times: int) -> None:
    """Copy a delivered job with its row as it is, so many times, each a second older than the one before."""

    def copy(db: Any) -> None:
        row = dict(db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone())
        columns = ", ".join(row)
        for number in range(times):
            changed = row | {
                "id": f"Z{number:09}",
                "idempotency_key": f"copy-{number}",
                "remote_id": f"req_copy_{number}",
                "position": number + 1,
                "created_at": job.created_at - number,
            }
            db.execute(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * len(row))})", list(changed.values()))

    await rig.bot.parts.store._database.write(copy)


@pytest.mark.long
async def test_at_most_25_are_offered_from_memory_within_50_ms(rig: Rig):
    await multiply(rig, await earlier(rig, IMAGE), 5000)
    visible, viewer = rig.bot.parts.generation.visible, seeing(rig.guild.id, rig.member.id)
    calls, before = watch(rig), len(rig.env.http_requests)
    for typed, many in (
        ("", 25),
        ("earlier", 25),
        ("Z00000149", 10),
        ("Z00000499", 10),
        ("z0000049 image.gen", 25),
        ("nothing like it", 0),
    ):
        spans = []
        for _ in range(3):
            started = time.perf_counter()
            found = await visible.results(viewer, kinds=[IMAGE], typed=typed)
            spans.append(time.perf_counter() - started)
            assert len(found) == many
        assert min(spans) < 0.05 * slowness(), (typed, spans)
        assert len(await offered(rig, typed)) == many
    assert calls == []
    assert all(request.path.endswith("/callback") for request in rig.env.http_requests[before:])


@pytest.mark.parametrize(
    "typed",
    [
        "x" * 6000,
        pytest.param("'; --", marks=pytest.mark.long),
        pytest.param("\u0000", marks=pytest.mark.long),
        pytest.param("\u202e", marks=pytest.mark.long),
        "%_",
        pytest.param("```", marks=pytest.mark.long),
        pytest.param("😀", marks=pytest.mark.long),
        "<@1>",
    ],
)
async def test_any_text_typed_into_the_list_gets_an_answer(rig: Rig, typed: str):
    await earlier(rig, IMAGE)
    assert await offered(rig, typed) == []
