"""A database that an earlier commit has written opens with all that it holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bot.domain.custom_ids import custom_id
from tests.support.old_database import KEYS, SECRET_KEY, OldRig, new_jobs, rows, said, started, write_database
from tests.support.prices import all_priced
from tests.support.settings_pages import page_facts

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38
KEPT = (
    "guild_keys", "limits", "grants", "draws", "rules", "prices", "blocks", "decisions", "approvals", "drafts",
    "copies", "reactions", "reaction_settings", "reaction_acts", "recipes", "review_rules", "reviews",
    "switched_off", "histograms", "alerts", "ledger", "jobs",
)  # fmt: skip
"""The tables with what members and moderators have set, requested and spent."""


async def test_it_opens_with_every_row_and_check_finds_nothing_wrong(tmp_path: Path):
    async with started(tmp_path) as rig:
        write_database(tmp_path / "before.db", rig.sandbox.url)
        [unanswered] = rig.jobs_at_start["old unanswered #fast"]
    before, after = tmp_path / "before.db", tmp_path / "bot.db"
    checks = [check(after, SECRET_KEY), check(after, SECRET_KEY[::-1])]
    for table in KEPT:
        # New columns may have been added; the old ones and their values stay.
        columns = [row[1] for row in rows(before, f"PRAGMA table_info({table})") if row[1] != "lease"]
        query = f"SELECT {', '.join(columns)} FROM {table}"
        old, new = Counter(rows(before, query)), Counter(rows(after, query))
        assert old, table
        added = new - old
        if table == "reaction_settings":  # a server that has changed nothing about reactions keeps its seeds off
            added = Counter(row for row in added if row[1:] != (1, 0, None, 3))
        changed = [row for row in (*(old - new), *added) if unanswered not in row]
        assert not changed, (table, changed)
    # Only this job is changed by a start: the answer to it never reached Discord, so it is refunded.
    assert rows(after, "SELECT state FROM jobs WHERE id = ?", unanswered) == [("cancelled",)]
    assert rows(after, "SELECT kind FROM ledger WHERE job_id = ?", unanswered) == [("hold",), ("release",)]
    outputs = [each.communicate()[0] for each in checks]
    # The second has another secret key, so the first does open what is sealed.
    assert [each.returncode for each in checks] == [0, 1], outputs


def check(path: Path, secret_key: str) -> subprocess.Popen[str]:
    """Start `cannon-bot check`."""
    settings = {"DATABASE": str(path), "SECRET_KEYS": secret_key, "DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "check", "--offline"],
        cwd=path.parent,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )


LISTS = ("prices", "blocked", "reactions", "review")
"""Pages of the settings that were commands."""


async def test_settings_read_as_they_were_set(rig: OldRig):
    morgan, mona = rig.moderator, rig.members["mona"]
    helpers, painters = rig.guild.roles["helpers"], rig.guild.roles["painters"]
    place = {name: f"<#{channel.id}>" for name, channel in rig.channels.items()}
    name = {name: f"<@{member.id}>" for name, member in rig.members.items()}
    expected: list[tuple[Any, str, dict[str, Any], list[str]]] = [
        (morgan, "quota show", {}, [
            "5,000 ", "777.5 ", f"<@&{painters.id}>", "`image.generate`", "333 ", place["art"], name["otto"], "20 ",
            name["gus"], "8,888 ",
        ]),
        (morgan, "quota show", {"member": rig.members["gus"]}, ["20 ", "12 ", "8 "]),
        (morgan, "quota show", {"member": rig.members["hal"]}, ["150 ", "for the poster"]),
        (morgan, "quota show", {"member": rig.member}, ["44.125 "]),
        (morgan, "prices", {}, ["**Generate Music**", "250 ", "33.5 "]),
        (morgan, "blocked", {}, [name["bea"], "spam, again and again"]),
        (morgan, "reactions", {}, [
            "🎨 ", "<:again:123456789012345678> ", f"<@&{painters.id}>", "🔥 ", place["gallery"], "2 ⭐",
        ]),
        (morgan, "review", {}, [place["reviews"], f"<#{rig.channels['Making'].id}>"]),
        (morgan, "studio status", {}, [KEYS[3][-4:]]),
        (morgan, "studio recipes", {"recipe": "night film"}, ["a picture that moves", "result of step 1", "it turns"]),
        (mona, "quota show", {}, ["1,234 "]),
        (mona, "prices", {}, ["**Generate Video**", "61 "]),
    ]  # fmt: skip
    for member, command, options, wanted in expected:
        channel = rig.channel if member is morgan else rig.channels["bench"]
        shown = await member.slash(channel, "studio settings" if command in LISTS else command, **options)
        if command in LISTS:
            shown = await member.select(shown.response, [command], custom_id=custom_id("set_page", "panel"))
        answer = said(shown)
        missing = [each for each in wanted if each not in answer]
        assert not missing, (command, options, missing, answer)
    panel = (await morgan.slash(rig.channel, "studio settings")).response
    pages = {
        "access": [f"<@&{helpers.id}>", place["quiet"]],
        "limits": ['"4"', '"9"', '"30"', "600 ", "200 "],
        "approval": ["220 ", place["approvals"], place["log"]],
        "results": ["Europe/Berlin"],
        "words": ["gargoyle, very bad word", "flux2pro"],
    }
    for page, wanted in pages.items():
        shown = await morgan.select(panel, [page], custom_id=custom_id("set_page", "panel"))
        answer = f"{said(shown)}\n{json.dumps(page_facts(shown.response))}"
        assert not [each for each in wanted if each not in answer], (page, answer)


async def test_what_was_set_and_spent_still_binds(rig: OldRig):
    async def ask(name: str, command: str = "image generate", channel: str = "general", **options: Any) -> Any:
        return await rig.members[name].slash(rig.channels[channel], command, **options)

    for answer, word in [
        (await ask("bea", prompt="a cat"), "spam, again and again"),  # blocked
        (await ask("gus", prompt="a cat"), "20 credits"),  # a limit, of which the old picture took 12
        (await ask("ada", prompt="a GARGOYLE on a roof"), ""),  # a word of the list
        (await ask("ada", channel="quiet", prompt="a cat"), ""),  # a forbidden channel
        (await ask("ada", "sora remix", prompt="at night", from_="video_1"), ""),  # switched off
        (await ask("ada", "audio music", prompt="a song"), "250 credits"),  # the server's price, to be confirmed
    ]:
        assert answer.ephemeral
        assert word in said(answer)
    assert new_jobs(rig) == []

    await all_priced(rig, rig.guild.id)
    # The limit of hal is spent; the old grant pays for one more job.
    drawn = "SELECT coalesce(sum(credits_milli), 0) FROM draws"
    before = rig.value(drawn)
    await ask("hal", prompt="one more")
    assert new_jobs(rig) == [("image.generate", rig.members["hal"].id, None)]
    assert rig.value(drawn) > before
    given = json.loads(rig.value("SELECT input FROM jobs ORDER BY created_at DESC, position DESC LIMIT 1"))
    assert given["model"] == "flux2pro"  # the server's default
