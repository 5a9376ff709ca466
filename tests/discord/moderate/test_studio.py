from __future__ import annotations

import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.surface import private_sentence, watch

KEY, STATUS = "studio key", "studio status"


async def send_key(rig: Rig, secret: str, member: Any = None) -> Any:
    """Open the form and send `secret`; return what came back."""
    member = member or rig.moderator
    shown = await member.slash(rig.channel, KEY)
    [field] = rig.form_fields(shown)
    return await member.submit_modal(shown, {field: secret})


def facts(result: Any) -> dict[str, str]:
    return {field.name: field.value for field in result.response.embeds[0].fields}


async def stored(rig: Rig) -> str | None:
    key = await rig.bot.parts.store.keys.current(rig.guild.id)
    return None if key is None else key.secret


async def test_a_good_key_is_checked_stored_and_shown_by_plan_scopes_credits_and_its_last_four(rig: Rig):
    calls = watch(rig)
    result = await send_key(rig, f"  {GUILD_KEY} ")
    assert result.ephemeral
    assert result.followups == []
    shown = result.response.content
    for fact in (f"**Key** · `…{GUILD_KEY[-4:]}`", "**Plan** · creator", "**Credits left** · 500", "`requests:read`"):
        assert fact in shown
    assert "⚠️" not in shown
    assert [(call.where, call.key) for call in calls] == [("status", GUILD_KEY)]
    assert await stored(rig) == GUILD_KEY

    await rig.member.slash(rig.channel, "image generate", prompt="x")
    await rig.work()
    assert rig.sandbox.spent(GUILD_KEY) > 0
    assert rig.sandbox.spent(HOST_KEY) == 0


DOWN = [{"kind": "status", "status": 503}, {"kind": "drop", "times": 5}, {"kind": "garbage"}]


async def test_a_key_that_is_none_is_rejected_or_can_not_be_checked_changes_nothing(rig: Rig):
    calls = watch(rig)
    for junk in ("two words here", "schlüssel-000000", "nine\u200bchars", "a" * 8 + "\u202e"):
        sentence = private_sentence(await send_key(rig, junk))
        assert "developer console" in sentence
        assert junk not in sentence
    assert calls == []
    for fault in DOWN:
        rig.sandbox.fault("status", **fault)
        assert "Cannon Studio" in private_sentence(await send_key(rig, GUILD_KEY))
        rig.sandbox.faults.clear()
    assert "rejected this key" in private_sentence(await send_key(rig, "cs_wrong_000000000000"))
    assert await stored(rig) is None
    rig.sandbox.add_key("cs_test_readonly_00000000", scopes=("requests:read",))
    result = await send_key(rig, "cs_test_readonly_00000000")
    assert "Missing: `requests:write`" in result.response.content


async def test_a_plain_member_gets_neither_form_nor_status(rig: Rig):
    # Discord hides the commands; who gets at them all the same (an admin's override) is stopped in code.
    _open_to_all(rig)
    calls = watch(rig)
    for command in (KEY, STATUS):
        result = await rig.member.slash(rig.channel, command)
        assert result.modal is None
        assert "Manage Server" in private_sentence(result)
    assert calls == []


def _open_to_all(rig: Rig) -> None:
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None


CANARY = "cs_live_canary_QqZz7788Wv0123456789xyz"


@pytest.mark.parametrize("outcome", ["good", "refused", "down", "used"])
async def test_the_key_never_stands_in_any_message_log_line_or_file(
    tmp_path: Path, capfd: Any, caplog: Any, outcome: str
):
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path, log_level="DEBUG") as rig:
        if outcome == "refused":
            rig.sandbox.revoke_key(CANARY)
        else:
            rig.sandbox.add_key(CANARY, credits=100)
        if outcome == "down":
            body = f'{{"error": {{"message": "bad key {CANARY}"}}}}'
            rig.sandbox.fault("status", "status", status=500, body=body)
        await send_key(rig, CANARY)
        if outcome == "used":
            await rig.member.slash(rig.channel, "image generate", prompt="x")
            await rig.step()
            rig.sandbox.revoke_key(CANARY)
            rig.advance(5)
            await rig.step()
            await rig.moderator.slash(rig.channel, STATUS)
        assert (await stored(rig) == CANARY) is (outcome in {"good", "used"})
        sent = "\n".join(f"{r.method} {r.path} {r.params} {r.json}" for r in rig.env.http_requests)
        shown = repr(await rig.bot.parts.store.keys.current(rig.guild.id)) + repr(rig.bot.parts)
        files = bytes_in(tmp_path)
    out, err = capfd.readouterr()
    for text in (sent, shown, out, err, caplog.text):
        assert CANARY not in text
        assert CANARY[8:-4] not in text
    assert CANARY.encode() not in files
    assert b"SQLite format 3" in files
    assert "POST" in sent
    assert out or caplog.text, "the log was looked at"


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_the_status_shows_key_credits_and_jobs_also_while_the_api_is_down(rig: Rig):
    shown = facts(await rig.moderator.slash(rig.channel, STATUS))
    assert shown["Key"] == "The host's key"
    assert HOST_KEY not in str(shown)
    await send_key(rig, GUILD_KEY)
    await rig.member.slash(rig.channel, "image generate", prompt="x", count=2)
    await rig.step()
    result = await rig.moderator.slash(rig.channel, STATUS)
    assert result.ephemeral
    shown = facts(result)
    assert shown["Key"].startswith(f"`…{GUILD_KEY[-4:]}`, set by <@{rig.moderator.id}>")
    assert GUILD_KEY not in str(shown)
    assert shown["API"].startswith("✅ Online")
    assert shown["Plan"] == "creator"
    assert Decimal(shown["Credits left"]) == 500 - rig.sandbox.spent(GUILD_KEY)
    assert shown["Open jobs"].endswith(": 2")
    assert shown["Held for open jobs"] == "40 credits"
    assert shown["Spent through this bot"] == "0 credits"
    await rig.work()
    shown = facts(await rig.moderator.slash(rig.channel, STATUS))
    assert shown["Open jobs"] == "No open jobs"
    assert shown["Held for open jobs"] == "0 credits"
    assert shown["Spent through this bot"] == f"{rig.sandbox.spent(GUILD_KEY)} credits"
    for fault in (*DOWN, {"kind": "nan"}, {"kind": "huge"}):
        rig.advance(3601)  # an account is read five times an hour
        rig.sandbox.fault("status", **fault)
        shown = facts(await rig.moderator.slash(rig.channel, STATUS))
        assert shown["API"].startswith("⚠️ ")
        assert Decimal(shown["Credits when last checked"]) == 500 - rig.sandbox.spent(GUILD_KEY)
        rig.sandbox.faults.clear()
    rig.sandbox.revoke_key(GUILD_KEY)
    shown = facts(await rig.moderator.slash(rig.channel, STATUS))
    assert shown["API"].startswith("⚠️ ")
    assert "key" in shown["API"]


async def test_without_any_key_status_and_commands_say_what_to_do(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None) as rig:
        result = await rig.moderator.slash(rig.channel, STATUS)
        assert result.ephemeral
        assert "</studio key:" in facts(result)["Key"]
        result = await rig.member.slash(rig.channel, "image generate", prompt="x")
        assert "`/studio key`" in private_sentence(result)
        assert rig.sandbox.posts == 0
