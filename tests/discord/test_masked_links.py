"""No text of a member, a moderator or the API becomes a link, a mention, a time or a heading of the bot's own."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from tests.support.channels import rule
from tests.support.erased import send_key
from tests.support.jobs import on_job
from tests.support.reacting import in_channel
from tests.support.recipes import new_recipe
from tests.support.rig import GUILD_KEY, Rig
from tests.support.settings_pages import block_member, opened, set_review
from tests.support.surface import fill, newest, post_log, sends, until

EVIL = (
    "x [y](https://y.example) [free](https://evil.example) <t:1:R> <@111222333444555666> </studio key:1> <#3> @everyone"
)
"""What a member may write; the first link of a line is the one that a careless escape catches."""
LIVE = ("](http", "](<http", "<t:1:", "<@111", "</studio key:1>", "<#3>", "https://evil", "https://y.example")
_CODE = re.compile(r"```.*?```|``[^`]*``|`[^`]*`", re.DOTALL)
_ESCAPED = re.compile(r"\\[^A-Za-z0-9\s]")
_OURS = re.compile(r"\[[^\]]*\]\(https://discord\.com/channels/[0-9/]+\)")


def live_in(text: str) -> list[str]:
    """Return what of the planted text would do something where this is shown."""
    seen = _ESCAPED.sub("\0", _CODE.sub("", _OURS.sub("", text)))
    return [each for each in LIVE if each in seen]


def texts_of(body: Any) -> list[str]:
    """Return every text of a body in which Discord renders markdown."""
    found = [body.get("content") or ""]
    for embed in body.get("embeds") or ():
        found += [embed.get("title") or "", embed.get("description") or ""]
        found += [part for field in embed.get("fields") or () for part in (field["name"], field["value"])]
    return found


def live_since(rig: Rig, number: int = 0) -> list[tuple[str, str, list[str]]]:
    """Return each text that was sent since then in which something is live, with its call."""
    return [
        (call, text, found)
        for call, body in list(sends(rig))[number:]
        for text in texts_of(body)
        if (found := live_in(text))
    ]


@pytest.mark.parametrize("text", ["[a](https://evil.example)", "\\\\[a](https://evil.example)", "<t:1:R>", "`x` <#3>"])
def test_what_is_live_is_seen_as_live(text: str) -> None:
    assert live_in(text)


@pytest.mark.parametrize("text", [r"\[a\]\(https\:\/\/evil.example\)", "`[a](https://evil.example)`", r"\<t:1:R>"])
def test_what_is_escaped_is_not(text: str) -> None:
    assert live_in(text) == []


@pytest.mark.long
async def test_prompts_are_harmless_on_cards_and_in_every_question_about_them(rig: Rig):
    desk, log = rig.guild.create_text_channel("desk"), rig.guild.create_text_channel("log")
    gallery = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=gallery.id, gallery_stars=1)
    )
    await rule(rig, log_channel=log.id)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{EVIL} #fast")
    await rig.work()
    await rig.moderator.react(rig.messages()[-1], "⭐")
    await on_job(rig, rig.member, "show", (await newest(rig)).id)
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", f"{EVIL}\n{EVIL}".encode()))
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(15))
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id)
    await rig.member.slash(rig.channel, "image generate", prompt=EVIL)
    for _ in range(3):
        await rig.step()
    await rule(rig, approve_above=None)
    await set_review(rig, channel=desk)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{EVIL} #fast")
    for _ in range(4):
        await rig.step()
        rig.advance(1)
    await rig.env.settle()
    assert in_channel(rig, gallery)
    assert len(in_channel(rig, desk)) == 2
    assert live_since(rig) == []


async def test_texts_of_members_are_harmless_beside_results(rig: Rig):
    await rig.member.slash(rig.channel, "prompt for:image", prompt=EVIL)
    await rig.member.slash(rig.channel, "image generate", prompt="x #fast", model=EVIL)
    await rig.member.slash(rig.channel, "audio narration", text=EVIL, voice_id=EVIL)
    await on_job(rig, rig.member, "show", "[a](https://evil.example)"[:20])
    await rig.member.slash(rig.channel, "image edit", prompt="x", from_=EVIL)
    await rig.member.slash(rig.channel, "recipe", recipe=EVIL[:60])
    await rig.member.slash(rig.channel, "help", topic=EVIL[:60])
    await rig.work()
    await rig.member.slash(rig.channel, "me")
    assert live_since(rig) == []


async def test_what_moderators_write_is_harmless_too(rig: Rig):
    log = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=log.id, words=(EVIL[:40].lower(),))
    form = await new_recipe(rig)
    texts = {"Name": EVIL[:32], "About": EVIL[:100], "Inputs": f"prompt: {EVIL[:80]} = {EVIL[:60]}"}
    texts["Steps"] = "image.generate\nprompt: {prompt}"
    await rig.moderator.submit_modal(form, fill(form, texts))
    for recipe in await rig.bot.parts.store.recipes.all(rig.guild.id):
        await rig.moderator.slash(rig.channel, "studio recipes", recipe=recipe.name)
        await rig.moderator.slash(rig.channel, "recipe", recipe=recipe.name)
    await rig.moderator.slash(rig.channel, "recipe", recipe=EVIL[:60])
    await rig.moderator.slash(rig.channel, "studio recipes")
    await block_member(rig, rig.member, Reason=EVIL)
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=5.0, note=EVIL)
    await rig.member.slash(rig.channel, "me")
    await rig.moderator.slash(rig.channel, "studio settings")
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", EVIL[:80], Decimal(2))
    for page in ("prices", "blocked", "words"):
        await opened(rig, page)
    await post_log(rig)
    assert in_channel(rig, log)
    assert live_since(rig) == []


@pytest.mark.parametrize("where", ["submit", "get"])
async def test_what_the_api_says_is_harmless(rig: Rig, where: str):
    log = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=log.id)
    body = json.dumps({"error": {"message": EVIL}})
    headers = {"content-type": "application/json"}
    rig.sandbox.fault(where, "status", status=422 if where == "submit" else 500, body=body, headers=headers)
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    if where == "get":
        await until(rig, JobState.QUEUED, JobState.PROCESSING)
    await rig.work()
    await on_job(rig, rig.member, "show", (await newest(rig)).id)
    await post_log(rig)
    assert live_since(rig) == []


async def test_what_an_account_is_called_is_harmless_and_short(rig: Rig):
    key = "cs_test_scopes_1"
    rig.sandbox.add_key(key, credits=1)
    account = rig.sandbox.studio.accounts.account(key)
    account.scopes = ("x" * 600, f"`{EVIL}`", *(f"scope-{number}-{'y' * 100}" for number in range(60)))
    account.plan = EVIL * 20
    await send_key(rig, key)
    await rig.moderator.slash(rig.channel, "studio status")
    assert live_since(rig) == []
    calls = [body for _, body in sends(rig) if body.get("embeds")]
    for body in calls:
        for embed in body["embeds"]:
            assert all(len(field["value"]) <= 1024 for field in embed.get("fields") or ())
    assert "went wrong" not in str(calls)
    stored = await rig.bot.parts.store.keys.current(rig.guild.id)
    assert stored is not None


async def test_a_servers_name_is_harmless_in_direct_messages(rig: Rig):
    await send_key(rig, GUILD_KEY)
    guild: Any = rig.bot.get_guild(rig.guild.id)
    guild.name = "[free](https://evil.example)"
    before = len(list(sends(rig)))
    with rig.env.time_context():
        await rig.bot.parts.delivery.alert(rig.guild.id, lambda: "something is wrong")
    await rig.env.settle()
    assert live_since(rig, before) == []


async def test_names_and_descriptions_of_files_hold_no_link_and_no_mention(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt=f"{EVIL} #fast")
    await rig.work()
    [file] = rig.messages()[0].attachments
    for text in (file.filename, file.description or ""):
        assert not [sign for sign in ("](", "<@", "<#", "<t:", "</", "@everyone", "://") if sign in text], text
