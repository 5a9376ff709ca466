"""Who may not spend makes the bot look at nothing: rights are decided before a link is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.guild_rules import Limit, Payer, Period, Scope
from bot.errors import MediaUnreachable
from tests.support.channels import press, rule, shown
from tests.support.looks import WatchedRig, link, watched
from tests.support.surface import fill, png, private_sentence, sends

MANY = " ".join(link(number) for number in range(6))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[WatchedRig]:
    async with watched(tmp_path) as made:
        yield made


async def block(rig: WatchedRig) -> None:
    await rig.moderator.slash(rig.channel, "studio block", member=rig.member)


async def pause(rig: WatchedRig) -> None:
    await rig.moderator.slash(rig.channel, "studio pause", switch="on")


async def forbid(rig: WatchedRig) -> None:
    await rule(rig, forbidden_channels=frozenset({rig.channel.id}))


async def allow_elsewhere(rig: WatchedRig) -> None:
    await rule(rig, allowed_channels=frozenset({rig.guild.create_text_channel("studio").id}))


async def switch_off(rig: WatchedRig) -> None:
    for operation in ("image.generate", "image.edit", "video.generate"):
        found = rig.bot.catalogue.resolve(operation)
        await rig.bot.parts.switches.switch(rig.guild.id, found, on=False, by_id=rig.moderator.id)


async def leave_nothing(rig: WatchedRig) -> None:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(0))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def take_key(rig: WatchedRig) -> None:
    rig.bot.parts.keys._host_key = None


async def refuse_key(rig: WatchedRig) -> None:
    key = await rig.bot.parts.keys.for_guild(rig.guild.id)
    await rig.bot.parts.keys.note_refused(rig.guild.id, key, probe_at=rig.clock.wall() + 600)


BARS = [block, pause, forbid, allow_elsewhere, switch_off, leave_nothing, take_key, refuse_key]


@pytest.mark.parametrize("bar", BARS, ids=lambda each: each.__name__)
async def test_who_may_not_spend_makes_the_bot_follow_no_link(rig: WatchedRig, bar: Any):
    await bar(rig)
    before = len(list(sends(rig)))
    for command, options in (
        ("image generate", {"prompt": "x", "reference_urls": MANY}),
        ("image edit", {"prompt": "x", "url": link("one")}),
        ("video generate", {"prompt": "x", "url": link("one")}),
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
    form = await rig.moderator.slash(rig.channel, "recipe create")
    steps = "image.edit\nprompt: again\nimage_url: {picture}"
    texts = {"Name": "again", "About": "", "Parameters": "picture: which", "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))
    await block(rig)
    asked = await rig.member.slash(rig.channel, "recipe run", recipe="again")
    if asked.modal is not None:
        await rig.member.submit_modal(asked, fill(asked, {"Picture": link("one")}))
    assert rig.looks.fetched == []


@pytest.mark.parametrize("bar", [block, pause, leave_nothing], ids=lambda each: each.__name__)
async def test_a_rerun_looks_at_nothing_either(rig: WatchedRig, bar: Any):
    await rig.moderator.slash(rig.channel, "image edit", prompt="x #fast", url=link("one"))
    await rig.work()
    [job] = await rig.jobs()
    rig.looks.fetched.clear()
    await bar(rig)
    private_sentence(await press(rig, rig.member, "again", job.id))
    assert rig.looks.fetched == []


async def test_a_menu_on_a_message_looks_at_nothing_for_who_is_blocked(
    rig: WatchedRig, monkeypatch: pytest.MonkeyPatch
):
    message = await rig.moderator.send(rig.channel, "look", attachments=[("thing", b"no type says what this is")])
    await block(rig)
    asked: list[str] = []

    async def noted(url: str, **_: Any) -> Any:
        asked.append(url)
        raise MediaUnreachable("noted")

    monkeypatch.setattr(rig.bot.parts.media, "inspect", noted)
    result = await rig.member.context_menu(rig.channel, "Next step…", message)
    assert "may not use" in shown(result)
    assert asked == []


async def test_who_may_spend_has_the_links_followed(rig: WatchedRig):
    await rig.member.slash(rig.channel, "image generate", prompt="x #fast", reference_urls=MANY)
    await rig.work()
    assert len(rig.looks.fetched) == 6
    assert len(rig.sandbox.requests[-1].input["reference_image_urls"]) == 6


async def test_what_the_age_rule_refuses_is_refused_before_the_look(rig: WatchedRig):
    result = await rig.member.slash(rig.channel, "video generate", prompt="x", url=link("one"), nsfw_checker=False)
    private_sentence(result)
    assert rig.looks.fetched == []


async def test_a_rerun_that_the_server_does_not_allow_looks_at_nothing(rig: WatchedRig):
    await rig.moderator.slash(rig.channel, "image edit", prompt="x #fast", url=link("one"))
    await rig.work()
    [job] = await rig.jobs()
    rig.looks.fetched.clear()
    await rule(rig, rerun_payer=Payer.OFF)
    private_sentence(await press(rig, rig.member, "again", job.id))
    assert rig.looks.fetched == []
