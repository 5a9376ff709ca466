"""The list of earlier jobs that an option for a file offers."""

from __future__ import annotations

from typing import Any

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.sources import EDIT
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


async def test_what_is_typed_narrows_the_list_down(rig: Rig):
    jobs = await three(rig)
    for typed, found in [
        ("fox", [2, 0]),
        ("FOX", [2, 0]),
        ("red", [0]),
        ("Éclair", [1]),
        ("éclair", [1]),
        ("fox blue", [2]),
        ("mer ", [1]),
        ("%", []),
        ("zzz", []),
    ]:
        assert [choice["value"] for choice in await offered(rig, typed)] == [jobs[place].id for place in found]


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


async def test_any_text_typed_into_the_list_gets_an_answer(rig: Rig):
    for typed in ["x" * 6000, "'; --", "\u0000", "\u202e", "%_", "```", "😀", "<@1>"]:
        await earlier(rig, IMAGE)
        assert await offered(rig, typed) == []
