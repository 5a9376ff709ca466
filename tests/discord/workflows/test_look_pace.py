"""How many links one request, one member and all members together may have followed, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.generation.sources import CHECKS_TIMEOUT_S
from bot.media.fetcher import INSPECT_TIMEOUT_S
from tests.support.channels import shown
from tests.support.jobs import on_job
from tests.support.looks import WatchedRig, link, watched
from tests.support.recipes import new_recipe
from tests.support.surface import fill, png, private_sentence

FILES_MAX, A_MINUTE = 10, 30


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[WatchedRig]:
    async with watched(tmp_path) as made:
        yield made


def links(count: int, start: int = 0) -> str:
    return " ".join(link(number) for number in range(start, start + count))


async def generate(rig: WatchedRig, urls: str, member: Any = None, **more: Any) -> Any:
    options = {"prompt": "x", "from": urls} | more
    return await (member or rig.member).slash(rig.channel, "image generate", **options)


async def test_too_many_links_are_refused_and_none_is_followed(rig: WatchedRig):
    for count in [FILES_MAX + 1, 60, 250]:
        assert str(FILES_MAX) in private_sentence(await generate(rig, " ".join([link("a")] * count)))
        assert rig.looks.fetched == []
        assert await rig.jobs() == []


async def test_uploads_count_with_the_links(rig: WatchedRig):
    more = [(f"{number}.png", png()) for number in range(3)]
    shown = await generate(rig, links(7), image=("0.png", png()), reference_image_urls=more)
    assert str(FILES_MAX) in private_sentence(shown)
    assert rig.looks.fetched == []


async def test_as_many_as_may_be_are_followed(rig: WatchedRig):
    await generate(rig, links(FILES_MAX))
    assert len(rig.looks.fetched) == FILES_MAX
    assert len(await rig.jobs()) == 1


async def test_a_member_has_a_pace_and_others_are_not_held_up_by_it(rig: WatchedRig):
    for turn in range(20):
        await generate(rig, links(FILES_MAX, turn * FILES_MAX))
    assert len(rig.looks.fetched) <= A_MINUTE
    assert "try again in" in shown(await generate(rig, links(FILES_MAX))).lower()
    before = len(rig.looks.fetched)
    await generate(rig, links(FILES_MAX), rig.moderator)
    assert len(rig.looks.fetched) == before + FILES_MAX
    rig.advance(61)
    await generate(rig, links(1))
    assert len(rig.looks.fetched) == before + FILES_MAX + 1


async def test_all_looks_of_a_request_have_one_deadline(rig: WatchedRig):
    """Ten links of which each takes a little less than a look may take are not ten times as long."""
    rig.looks.takes_s = INSPECT_TIMEOUT_S - 1
    result = await generate(rig, links(FILES_MAX))
    await rig.env.advance_time(CHECKS_TIMEOUT_S + 1)
    assert "couldn't load the file from its host. Try again in a minute" in private_sentence(result)
    assert len(rig.looks.fetched) == 2
    assert await rig.jobs() == []


async def test_the_links_of_a_recipe_count_together(rig: WatchedRig):
    steps = "image.generate\nprompt: x\nreference_image_urls: {pictures}\n\nimage.edit\nprompt: y\nimage_url: {picture}"
    form = await new_recipe(rig)
    texts = {"Name": "many", "About": "", "Inputs": "pictures: which\npicture: which", "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))
    asked = await rig.member.slash(rig.channel, "recipe", recipe="many")
    given = {"Pictures": links(FILES_MAX), "Picture": link("another")}
    assert str(FILES_MAX) in private_sentence(await rig.member.submit_modal(asked, fill(asked, given)))
    assert rig.looks.fetched == []


async def test_fresh_links_to_results_count_too(rig: WatchedRig):
    await rig.member.slash(rig.channel, "image generate", prompt="x #fast")
    await rig.work()
    [job] = await rig.jobs()
    for _ in range(A_MINUTE):
        rig.bot.parts.sources.pace._begun.note(rig.member.id)
    assert "Try again in 2 s" in shown(await on_job(rig, rig.member, "link", job.id))
    rig.advance(60)
    assert "Wait" not in shown(await on_job(rig, rig.member, "link", job.id))
