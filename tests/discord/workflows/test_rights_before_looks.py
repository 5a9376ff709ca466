"""Who may not spend makes the bot look at nothing: rights are decided before a link is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Payer, Period, Scope
from bot.errors import MediaUnreachable
from tests.support.channels import press, rule
from tests.support.looks import WatchedRig, link, watched
from tests.support.origins import origin
from tests.support.prices import priced
from tests.support.recipes import new_recipe
from tests.support.settings_pages import block_member
from tests.support.surface import fill, png, private_sentence, sends

COST = 12
"""Credits that the sandbox charges for a picture."""
MANY = " ".join(link(number) for number in range(6))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[WatchedRig]:
    async with watched(tmp_path) as made:
        yield made


async def block(rig: WatchedRig) -> None:
    await block_member(rig, rig.member)


async def leave_nothing(rig: WatchedRig) -> None:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(0))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def take_key(rig: WatchedRig) -> None:
    rig.bot.parts.keys.host_key = None


@pytest.mark.parametrize("bar", [block, leave_nothing, take_key], ids=lambda each: each.__name__)
async def test_who_may_not_spend_makes_the_bot_follow_no_link(rig: WatchedRig, bar: Any):
    await bar(rig)
    before = len(list(sends(rig)))
    for command, options in (
        ("image generate", {"prompt": "x", "from": MANY}),
        ("image edit", {"prompt": "x", "from": link("one")}),
        ("video generate", {"prompt": "x", "from": link("one")}),
    ):
        private_sentence(await rig.member.slash(rig.channel, command, **options))
    assert rig.looks.fetched == []
    assert rig.sandbox.posts == 0
    assert await rig.jobs() == []
    assert len(list(sends(rig))) - before == 3, "each was answered at once, with one sentence"


async def test_an_upload_of_who_is_blocked_is_not_looked_at_either(rig: WatchedRig, monkeypatch: pytest.MonkeyPatch):
    await block(rig)
    asked: list[str] = []
    inspect = type(rig.bot.parts.media).inspect

    async def noted(self: Any, url: str, **options: Any) -> Any:
        asked.append(url)
        return await inspect(self, url, **options)

    monkeypatch.setattr(type(rig.bot.parts.media), "inspect", noted)
    private_sentence(await rig.member.slash(rig.channel, "image edit", prompt="x", image=("cat.png", png())))
    assert asked == []


async def test_a_recipe_of_who_is_blocked_looks_at_nothing(rig: WatchedRig):
    form = await new_recipe(rig)
    steps = "image.edit\nprompt: again\nimage_url: {picture}"
    texts = {"Name": "again", "About": "", "Inputs": "picture: which", "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))
    await block(rig)
    asked = await rig.member.slash(rig.channel, "recipe", recipe="again")
    if asked.modal is not None:
        await rig.member.submit_modal(asked, fill(asked, {"Picture": link("one")}))
    assert rig.looks.fetched == []


@pytest.mark.parametrize("bar", [block], ids=lambda each: each.__name__)
async def test_a_rerun_looks_at_nothing_either(rig: WatchedRig, bar: Any):
    await rig.moderator.slash(rig.channel, "image edit", prompt="x #fast", from_=link("one"))
    await rig.work()
    [job] = await rig.jobs()
    rig.looks.fetched.clear()
    await bar(rig)
    private_sentence(await press(rig, rig.member, "again", job.id))
    assert rig.looks.fetched == []


async def test_who_may_spend_has_the_links_followed(rig: WatchedRig):
    await rig.member.slash(rig.channel, "image generate", prompt="x #fast", from_=MANY)
    await rig.work()
    assert len(rig.looks.fetched) == 6
    assert len(rig.sandbox.requests[-1].input["reference_image_urls"]) == 6


async def test_a_rerun_that_the_server_does_not_allow_looks_at_nothing(rig: WatchedRig):
    await rig.moderator.slash(rig.channel, "image edit", prompt="x #fast", from_=link("one"))
    await rig.work()
    [job] = await rig.jobs()
    rig.looks.fetched.clear()
    await rule(rig, rerun_payer=Payer.OFF)
    private_sentence(await press(rig, rig.member, "again", job.id))
    assert rig.looks.fetched == []


async def spend(rig: WatchedRig, left_of: int) -> None:
    """Have the member make a picture, under a limit of so many credits a day."""
    await rig.member.slash(rig.channel, "image generate", prompt="x #fast")
    await rig.work()
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(left_of))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def edit(rig: WatchedRig) -> Any:
    return await rig.member.slash(rig.channel, "image edit", prompt="x #fast", from_=link("one"))


async def test_a_limit_that_is_used_up_is_told_and_looks_at_nothing(rig: WatchedRig):
    await spend(rig, COST)
    sentence = private_sentence(await edit(rig))
    assert "You have 0 of your 12 daily credits left." in sentence
    assert "0.001" not in sentence
    assert rig.looks.fetched == []


async def test_a_limit_with_something_left_is_decided_after_the_look_when_the_price_is_known(rig: WatchedRig):
    await priced(rig, operation="image.edit")
    await spend(rig, COST + 1)
    assert "credits left" in private_sentence(await edit(rig))
    assert len(rig.looks.fetched) == 1


async def test_a_retry_of_who_is_blocked_looks_at_no_result(rig: WatchedRig, monkeypatch: pytest.MonkeyPatch):
    steps = [
        JobSpec(operation="image.generate", input={"prompt": "x #fast"}),
        JobSpec(operation="image.edit", input={"prompt": "x #fail"}, fill={"image_url": "{0.image_url}"}),
    ]
    parts = rig.bot.parts
    accepted = await parts.jobs.accept(CardSpec(origin=origin(rig, rig.member, interaction_id=1), steps=steps))
    await parts.jobs.mark_answered(accepted.card, message_id=1, channel_id=rig.channel.id)
    await rig.work()
    failed = next(job for job in await rig.jobs() if job.state is JobState.FAILED)
    await block(rig)
    asked: list[str] = []

    async def noted(url: str, **_: Any) -> Any:
        asked.append(url)
        raise MediaUnreachable("noted")

    monkeypatch.setattr(parts.media, "inspect", noted)
    assert "has blocked you" in private_sentence(await press(rig, rig.member, "retry", failed.id))
    assert asked == []
    assert len(await rig.jobs()) == 2


async def test_a_bad_value_is_refused_before_the_file_beside_it_is_fetched(rig: WatchedRig):
    refused = await rig.member.slash(
        rig.channel, "image edit", **{"prompt": "x", "from": link("one"), "aspect_ratio": "0:9"}
    )
    assert "0:9" in private_sentence(refused)
    assert rig.looks.fetched == []
