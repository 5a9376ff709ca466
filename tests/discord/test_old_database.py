"""A database that an earlier commit has written opens, its jobs go on, and its cards' controls and reactions work.

The files in `tests/data/old_database` were written once, by the bot of commit 4927e3b (schema 9) on the Rig: members
and moderators of three servers used its commands, buttons, forms and reactions for a day of simulated time, until
there was a job in every state and every kind of control stood on some message. Then the process was killed in the
middle of several turns. `database.sql` is `sqlite3.Connection.iterdump` of the file with its two pragmas,
`discord.json` the simulated Discord, `studio.json` the requests that Cannon Studio had, and `custom_ids.json` every
button and select of those messages. They are never regenerated: a later bot has to work with them.

Outcomes are read from the database file and from Discord, not from the bot's own objects.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app.client import EXTENSION, CannonBot
from bot.settings import Settings
from tests.support.old_database import SECRET_KEY, OldRig, custom_ids, rows, write_database
from tests.support.reacting import event, told
from tests.support.rig import HOST_KEY
from tests.support.surface import inputs

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38
KEYS = {1: "cs_test_studio_first_000001", 2: "cs_test_workshop_0000000003", 3: "cs_test_studio_second_00002"}
"""The API keys by their ids in the file."""
NEW_KEY = "cs_test_workshop_new_000004"
STATES = {
    "awaiting_approval", "waiting", "submitting", "queued", "processing", "ready",
    "delivered", "held", "failed", "expired", "cancelled", "refused",
}  # fmt: skip
BUTTON = 2
"""Discord's number for this kind of component."""
PICTURE, TRIO, VIDEO = "old picture #fast", "old trio #fast", "old video #fast"


@contextlib.asynccontextmanager
async def started(folder: Path) -> AsyncIterator[OldRig]:
    rig = OldRig(folder)
    await rig.start()
    try:
        yield rig
    finally:
        await rig.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[OldRig]:
    async with started(tmp_path) as made:
        yield made


def said(result: Any) -> str:
    """Return all that an answer says: its texts, its embeds, and what followed it."""
    parts = []
    for message in (result.response, *result.followups):
        if message is not None:
            parts += [message.content, *(json.dumps(each.to_dict(), ensure_ascii=False) for each in message.embeds)]
    return "\n".join(parts)


def new_jobs(rig: OldRig) -> list[tuple[Any, ...]]:
    """Return the operation, author and parent of each job that was not there at the start, in order."""
    known = [each for ids in rig.jobs_at_start.values() for each in ids]
    marks = ", ".join("?" * len(known))
    query = f"SELECT operation, author_id, parent_id FROM jobs WHERE id NOT IN ({marks}) ORDER BY created_at, position"
    return rig.rows(query, *known)


def rules(rig: OldRig) -> dict[str, Any]:
    """Return the settings of the first server."""
    return json.loads(rig.value("SELECT data FROM rules WHERE guild_id = ?", rig.guild.id))


async def send_form(member: Any, shown: Any, *texts: str) -> Any:
    """Send a form with texts in its first inputs; the others, and its selects, are left as they are."""
    items = [row.get("component") or row["components"][0] for row in shown.modal["components"]]
    values: dict[str, Any] = {}
    left = list(texts)
    for item in items:
        if "options" in item:
            values[item["custom_id"]] = [each["value"] for each in item["options"] if each.get("default")]
        elif text := left.pop(0) if left else item.get("value"):
            values[item["custom_id"]] = text
    return await member.submit_modal(shown, values)


# ---------------------------------------------------------------------- the file


KEPT = (
    "guild_keys", "limits", "grants", "draws", "rules", "prices", "blocks", "decisions", "approvals", "drafts",
    "copies", "reactions", "reaction_settings", "reaction_acts", "recipes", "review_rules", "reviews",
    "switched_off", "histograms", "alerts", "ledger", "jobs",
)  # fmt: skip
"""The tables with what members and moderators have set, asked for and spent."""


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
        changed = [row for row in (*(old - new), *(new - old)) if unanswered not in row]
        assert not changed, (table, changed)
    # Only this job is changed by a start: the answer to it never reached Discord, so it is refunded.
    assert rows(after, "SELECT state FROM jobs WHERE id = ?", unanswered) == [("cancelled",)]
    assert rows(after, "SELECT kind FROM ledger WHERE job_id = ?", unanswered) == [("hold",), ("release",)]
    outputs = [each.communicate(timeout=60)[0] for each in checks]
    # The second has another secret key, so the first does open what is sealed.
    assert [each.returncode for each in checks] == [0, 1], outputs


def check(path: Path, secret_key: str) -> subprocess.Popen[str]:
    """Start `cannon-bot check`."""
    settings = {"DATABASE": str(path), "SECRET_KEYS": secret_key, "DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "check"],
        cwd=path.parent,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_settings_read_as_they_were_set(rig: OldRig):
    morgan, mona = rig.moderator, rig.members["mona"]
    helpers, painters = rig.guild.roles["helpers"], rig.guild.roles["painters"]
    place = {name: f"<#{channel.id}>" for name, channel in rig.channels.items()}
    name = {name: f"<@{member.id}>" for name, member in rig.members.items()}
    expected: list[tuple[Any, str, dict[str, Any], list[str]]] = [
        (morgan, "quota list", {}, [
            "5,000 ", "777.5 ", f"<@&{painters.id}>", "`image.generate`", "333 ", place["art"], name["otto"], "20 ",
            name["gus"], "8,888 ",
        ]),
        (morgan, "quota show", {"member": rig.members["gus"]}, ["20 ", "12 ", "8 "]),
        (morgan, "quota show", {"member": rig.members["hal"]}, ["150 ", "for the poster"]),
        (morgan, "quota show", {"member": rig.member}, ["44.125 "]),
        (morgan, "studio prices", {}, ["`music.generate`", "250 ", "33.5 "]),
        (morgan, "studio blocked", {}, [name["bea"], "spam, again and again"]),
        (morgan, "studio reactions list", {}, [
            "🎨 ", "<:again:123456789012345678> ", f"<@&{painters.id}>", "🔥 ", place["gallery"], "2 ⭐",
        ]),
        (morgan, "studio review", {}, [place["reviews"], f"<#{rig.channels['Making'].id}>"]),
        (morgan, "studio status", {}, [KEYS[3][-4:]]),
        (morgan, "recipe show", {"recipe": "night film"}, ["a picture that moves", "{1.image_url}", "it turns"]),
        (mona, "quota list", {}, ["1,234 "]),
        (mona, "studio prices", {}, ["`video.generate`", "61 "]),
    ]  # fmt: skip
    for member, command, options, wanted in expected:
        channel = rig.channel if member is morgan else rig.channels["bench"]
        answer = said(await member.slash(channel, command, **options))
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
        answer = said(await morgan.select(panel, [page], custom_id="c1:set_page:panel"))
        assert not [each for each in wanted if each not in answer], (page, answer)


async def test_what_was_set_and_spent_still_binds(rig: OldRig):
    async def ask(name: str, command: str = "image generate", channel: str = "general", **options: Any) -> Any:
        return await rig.members[name].slash(rig.channels[channel], command, **options)

    for answer, word in [
        (await ask("bea", prompt="a cat"), "spam, again and again"),  # blocked
        (await ask("gus", prompt="a cat"), "20 credits"),  # a limit, of which the old picture took 12
        (await ask("ada", prompt="a GARGOYLE on a roof"), ""),  # a word of the list
        (await ask("ada", channel="quiet", prompt="a cat"), ""),  # a forbidden channel
        (await ask("ada", "sora remix", prompt="at night", sora_video_id="video_1"), ""),  # switched off
        (await ask("ada", "audio music", prompt="a song"), "250 credits"),  # the server's price, to be confirmed
    ]:
        assert answer.ephemeral
        assert word in said(answer)
    assert new_jobs(rig) == []

    # The limit of hal is spent; the old grant pays for one more job.
    drawn = "SELECT coalesce(sum(credits_milli), 0) FROM draws"
    before = rig.value(drawn)
    await ask("hal", prompt="one more")
    assert new_jobs(rig) == [("image.generate", rig.members["hal"].id, None)]
    assert rig.value(drawn) > before
    given = json.loads(rig.value("SELECT input FROM jobs ORDER BY created_at DESC, position DESC LIMIT 1"))
    assert given["model"] == "flux2pro"  # the server's default


# ---------------------------------------------------------------------- its jobs

AFTERWARDS = {
    PICTURE: ["delivered", "delivered", "delivered"],  # the third was asked for with a reaction
    "old first key #slow": ["delivered"],
    "old steps #slow": ["delivered", "delivered"],
    "old private #slow": ["delivered"],
    "old guest #slow": ["delivered"],
    "old dropped #slow": ["held"],
    "old line one #slow": ["delivered"],
    "old line two #slow": ["delivered"],
    "old line three #slow": ["delivered"],
    "old line four #slow": ["delivered"],
    "old line five #slow": ["delivered"],
    "old line six #slow": ["delivered"],
    "old sent #slow": ["delivered"],
    "old ready #fast": ["delivered"],
    "old posted #fast": ["delivered"],
    "old queued #slow": ["delivered"],
    "old submitting": ["delivered"],
    "old unnoted #fast": ["delivered"],
    "old unanswered #fast": ["cancelled"],
    "old blocked #fast": ["delivered"],
    "old song one": ["delivered"],
    "old song two": ["delivered"],
    "old song three": ["refused"],
    "old shown #fast": ["delivered"],
    "old hidden #fast": ["held"],
}
"""How the open jobs end, once moderators have decided about those that wait for them."""


async def test_every_open_job_goes_on_to_its_end_once_and_is_paid_once(rig: OldRig):
    write_database(rig.folder / "before.db")
    assert {state for (state,) in rows(rig.folder / "before.db", "SELECT state FROM jobs")} == STATES
    before = rig.states()
    requests_before = len(rig.sandbox.requests)
    await decide(rig)
    open_ids = [each for prompt in AFTERWARDS for each in rig.jobs_at_start[prompt] if not ended(rig, each)]
    await rig.until_ended(*open_ids)
    assert rig.states() == {**before, **AFTERWARDS}

    # Nine had not reached Cannon Studio before. "old sent" had, unknown to the bot, and is not made twice.
    assert len(rig.sandbox.requests) == requests_before + 9
    sent = Counter(request.idempotency_key for request in rig.sandbox.requests)
    assert max(sent.values()) == 1

    # Each result is on one message only, and on that of its review if it had one.
    private = rig.job("old private #slow")
    for job_id in open_ids:
        if rig.state(job_id) == "delivered" and job_id != private:
            [[operation, message_id]] = rig.rows("SELECT operation, message_id FROM jobs WHERE id = ?", job_id)
            files = [each for each in rig.attachments() if re.search(rf"-{job_id[:4].lower()}[.-]", each)]
            reviewed = rig.value("SELECT count(*) FROM reviews WHERE job_id = ?", job_id)
            assert len(files) == (0 if operation.startswith("prompt.") else 1 + reviewed), (job_id, files)
            assert message_id == rig.card(job_id).id
    assert rig.card(private).flags.ephemeral
    assert len(rig.card(private).attachments) == 1

    # What was settled with each key is what Cannon Studio charged for what it made; nothing is on hold any more.
    now = rig.clock.wall()
    query = (
        "SELECT coalesce(sum(credits_milli), 0) FROM ledger JOIN jobs ON jobs.id = ledger.job_id"
        " WHERE kind = 'settle' AND key_id IS ?"
    )
    for key_id, secret in {**KEYS, 4: NEW_KEY, None: HOST_KEY}.items():
        made = [each for each in rig.sandbox.requests if each.key == secret and each.status(now) == "succeeded"]
        assert made
        assert rig.value(query, key_id) == 1000 * sum(each.cost for each in made), key_id
    assert not rig.rows(
        "SELECT job_id FROM ledger WHERE job_id IS NOT NULL GROUP BY job_id"
        " HAVING group_concat(kind) NOT IN ('hold,settle', 'hold,release')"
    )
    # No job needs the first key any more, nor the refused one, so their secrets are gone.
    assert rig.rows("SELECT id FROM guild_keys WHERE secret IS NOT NULL") == [(3,), (4,)]
    assert rig.rows("PRAGMA integrity_check") == [("ok",)]
    assert rig.rows("PRAGMA foreign_key_check") == []


def ended(rig: OldRig, job_id: str) -> bool:
    return rig.state(job_id) in {"delivered", "held", "failed", "expired", "cancelled", "refused"}


async def decide(rig: OldRig) -> None:
    """Have moderators answer everything that waits for them, with the stored controls."""
    morgan, ada = rig.moderator, rig.member
    one, two, three = (
        rig.value("SELECT card_id FROM jobs WHERE id = ?", rig.job(f"old song {each}"))
        for each in ("one", "two", "three")
    )
    shown, hidden = rig.job("old shown #fast"), rig.job("old hidden #fast")
    for custom_id in (f"c1:approve:{one}", f"c1:turn_down:{three}", f"c1:publish:{shown}"):
        refused = await rig.press(ada, custom_id)
        assert refused.ephemeral
    assert rig.state(rig.job("old song one")) == "awaiting_approval"
    await rig.press(morgan, f"c1:approve:{one}")
    await rig.press(morgan, f"c1:approve_grant:{two}")
    granted = rig.rows("SELECT member_id, credits_milli FROM grants ORDER BY id DESC LIMIT 1")
    assert granted == [(rig.members["otto"].id, 250_000)]
    await send_form(morgan, await rig.press(morgan, f"c1:turn_down:{three}"), "too long a song")
    await rig.press(morgan, f"c1:publish:{shown}")
    await send_form(morgan, await rig.press(morgan, f"c1:keep_back:{hidden}"), "too wild a picture")
    for prompt, reason in (("old song three", "too long a song"), ("old hidden #fast", "too wild a picture")):
        await rig.step()
        assert reason in rig.value("SELECT error FROM jobs WHERE id = ?", rig.job(prompt))
    # The second server's key is refused by now; a new one lets its job go on.
    rig.sandbox.add_key(NEW_KEY)
    mona = rig.members["mona"]
    await send_form(mona, await mona.slash(rig.channels["bench"], "studio key"), NEW_KEY)


# ---------------------------------------------------------------------- its cards' controls


async def test_the_controls_of_a_result_make_more_of_it(rig: OldRig):
    otto, sue = rig.members["otto"], rig.members["sue"]
    picture, prompt = rig.job(PICTURE), rig.job("old prompt #fast")
    made: list[tuple[str, int, str]] = []

    async def makes(member: Any, custom_id: str, *operations: str, form: str | None = None) -> None:
        """Press a control, fill in its form if it has one, and fail unless just these jobs come of it."""
        job_id = custom_id.rpartition(":")[2]
        values = ["image.edit"] if custom_id.startswith("c1:next") else []
        answer = await rig.press(member, custom_id, *values)
        if form is not None:
            assert answer.modal is not None, custom_id
            answer = await send_form(member, answer, form)
        assert not answer.ephemeral, (custom_id, said(answer))
        parent = job_id if job_id != "image" else None
        made.extend((operation, member.id, parent) for operation in operations)
        assert new_jobs(rig) == made, custom_id
        rig.advance(5)  # past the guard against a double press

    await makes(sue, f"c1:again:{picture}", "image.generate")
    await makes(sue, f"c1:edit:{picture}", "image.generate", form="a fox in the snow #fast")
    await makes(otto, f"c1:vary_subtle:{picture}", "prompt.enhance.variant", "image.edit")
    await makes(otto, f"c1:vary_strong:{picture}", "prompt.enhance.variant", "image.edit")
    await makes(otto, f"c1:next:{picture}", "image.edit", form="at night #fast")
    await makes(otto, "c1:next_of:image", "image.edit", form="as a drawing #fast")
    await makes(rig.member, f"c1:again_all:{rig.job(TRIO)}", *["image.generate"] * 3)
    await makes(rig.member, f"c1:again:{rig.job(TRIO, 1)}", "image.generate")
    await makes(sue, f"c1:prompt_image:{prompt}", "image.generate")
    await makes(sue, f"c1:prompt_video:{prompt}", "video.generate")
    await makes(sue, f"c1:prompt_again:{prompt}", "prompt.enhance.image")
    await makes(sue, f"c1:prompt_edit:{prompt}", "image.generate", form="an edited prompt #fast")
    await makes(sue, f"c1:retry:{rig.job('old failed #fail')}", "image.generate")
    await makes(sue, f"c1:retry:{rig.job('it breaks #fail #fast')}", "video.generate")

    known = {job_id for ids in rig.jobs_at_start.values() for job_id in ids}
    new = [job_id for (job_id,) in rig.rows("SELECT id FROM jobs") if job_id not in known]
    await rig.until_ended(*new)
    # The two that were tried again fail again, as their prompts ask for.
    assert Counter(map(rig.state, new)) == {"delivered": len(made) - 2, "failed": 2}


async def test_the_controls_that_ask_first_still_ask(rig: OldRig):
    sue, ada = rig.members["sue"], rig.member
    picture, trio = rig.job(PICTURE), rig.job(TRIO)

    def offers(answer: Any) -> list[str]:
        assert answer.ephemeral
        return [each["custom_id"] for row in answer.response.components for each in row["components"]]

    vary = await rig.press(sue, f"c1:vary:{picture}")
    assert len(offers(vary)) == 2
    await sue.click(vary.response, custom_id=offers(vary)[0])
    assert [each[0] for each in new_jobs(rig)] == ["prompt.enhance.variant", "image.edit"]

    assert len(offers(await rig.press(sue, f"c1:next:{picture}"))) == 1
    pick = offers(await rig.press(ada, f"c1:pick:{trio}", rig.job(TRIO, 2)))
    assert pick
    assert all(each.endswith(rig.job(TRIO, 2)) for each in pick)

    link = await rig.press(sue, f"c1:link:{rig.job('old link #fast')}")
    [[shown]] = [row["components"] for row in link.response.components]
    assert rig.sandbox.studio.files.get(shown["url"].removeprefix(f"{rig.sandbox.url}/media/")) is not None

    assert len(offers(await rig.press(ada, f"c1:remove:{picture}"))) == 2
    assert offers(await rig.press(sue, f"c1:remove:{picture}")) == []  # neither hers, nor is she a moderator


async def test_results_are_taken_down_with_their_copies_or_posted_after_all(rig: OldRig):
    morgan, ada = rig.moderator, rig.member
    trio, edit = rig.job(TRIO), rig.job("old edit #fast")
    cards = {rig.card(trio).id, rig.card(edit).id}
    await rig.press(ada, f"c1:recover:{rig.job('old unwanted')}")
    assert rig.state(rig.job("old unwanted")) == "delivered"
    assert rig.card(rig.job("old unwanted")).attachments
    held = rig.job("old held #fast")  # it found no place, so it has no card
    await rig.members["ivy"].slash(rig.channel, "jobs recover", id=held)
    assert rig.state(held) == "delivered"

    await rig.press(morgan, f"c1:remove_record:{trio}")
    await rig.press(morgan, f"c1:remove_result:{edit}")
    assert not cards & {message.id for message in rig.messages()}
    left = "SELECT input, media FROM jobs WHERE id = ?"
    assert [rig.rows(left, each) for each in rig.jobs_at_start[TRIO]] == [[("{}", "[]")]] * 3
    assert "old edit" in rig.rows(left, edit)[0][0]


async def test_old_prices_batches_lists_and_questions_are_answered(rig: OldRig):
    ivy, wes, gus, ada, morgan = (rig.members[each] for each in ("ivy", "wes", "gus", "ada", "morgan"))
    drafts = rig.rows("SELECT id, data FROM drafts")
    [priced] = [draft for draft, data in drafts if "old priced song" in data]
    [dear] = [draft for draft, data in drafts if "old dear song" in data]
    [text] = [draft for draft, data in drafts if "broken film" in data]

    await rig.press(ivy, f"c1:dismiss:{dear}")
    await rig.press(ivy, f"c1:confirm:{priced}")
    assert new_jobs(rig) == [("music.generate", ivy.id, None)]
    assert rig.rows("SELECT id FROM drafts") == [(text,)]
    form = await rig.press(morgan, f"c1:recipe_text:{text}")
    assert "broken film" in [item.get("value") for item in inputs(form).values()]
    await rig.press(morgan, "c1:recipe_delete:to.be.deleted")
    assert rig.rows("SELECT name FROM recipes") == [("night film",)]

    await rig.press(wes, f"c1:cancel_run:{rig.job('old line one #slow')}")
    states = {each: rig.state(rig.job(f"old line {each} #slow")) for each in ("one", "five", "six")}
    assert states == {"one": "processing", "five": "cancelled", "six": "cancelled"}

    def listed(answer: Any) -> set[str]:
        return set(re.findall(r"`([0-9A-Z]{10})`", said(answer)))

    second = listed(await rig.press(ada, "c1:jobs_page:mine.any.1"))
    assert len(second) == 10
    assert second <= {job_id for (job_id,) in rig.rows("SELECT id FROM jobs WHERE author_id = ?", ada.id)}
    assert not second & listed(await ada.slash(rig.channel, "jobs list"))

    mine = "SELECT input FROM jobs WHERE id = ?"
    await rig.press(gus, f"c1:privacy_keep:{gus.id}")
    assert rig.value(mine, rig.job("old picture of gus #fast")) != "{}"
    await rig.press(gus, f"c1:privacy_delete:{gus.id}", number=1)
    assert rig.value(mine, rig.job("old picture of gus #fast")) == "{}"


async def test_an_open_panel_still_changes_the_settings(rig: OldRig):
    morgan, place = rig.moderator, rig.channels
    ping = rules(rig).pop("ping")
    await rig.press(morgan, "c1:set_role:moderator_role", rig.guild.roles["painters"])
    await rig.press(morgan, "c1:set_channels:forbidden_channels", place["general"], place["log"])
    await rig.press(morgan, "c1:set_channels:allowed_channels", place["art"])
    await rig.press(morgan, "c1:set_channels:approval_channel", place["log"])
    await rig.press(morgan, "c1:set_channels:log_channel", place["approvals"])
    for name in ("unchecked_only_in_age_restricted", "approve_own", "ping", "estimate_tool"):
        await rig.press(morgan, f"c1:set_flip:{name}")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:limits"), "5", "6", "7", "80", "90")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:approval"), "95.5")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:timezone"), "America/New_York")
    await send_form(morgan, await rig.press(morgan, "c1:set_form:words"), "banshee")
    await send_form(morgan, await rig.press(morgan, "c1:set_model:panel", "image.edit"), "nanobanana2")
    await rig.press(morgan, "c1:set_payer:panel", "off")
    assert ping
    assert rules(rig) == {
        "moderator_role": rig.guild.roles["painters"].id,
        "forbidden_channels": sorted([place["general"].id, place["log"].id]),
        "allowed_channels": [place["art"].id],
        "approval_channel": place["log"].id,
        "log_channel": place["approvals"].id,
        "running_per_member": 5,
        "queued_per_member": 6,
        "running_per_server": 7,
        "job_ceiling": "80.000",
        "confirm_above": "90.000",
        "approve_above": "95.500",
        "approve_own": True,
        "estimate_tool": True,
        "rerun_payer": "off",
        "words": ["banshee"],
        "timezone": "America/New_York",
        "default_models": {"image.generate": "flux2pro", "image.edit": "nanobanana2"},
    }
    assert "`image.generate`" in said(await rig.press(morgan, "c1:set_operations:panel"))
    assert "80 " in said(await rig.press(morgan, "c1:set_page:panel", "limits"))


LAST = ("remove", "cancel_run", "privacy", "recipe_delete", "set_")
"""These take away results, rights or settings that the other controls need."""


async def test_every_control_that_stood_on_a_message_has_its_action(rig: OldRig):
    """Press them all. What they do depends on what was pressed before; that they are known does not."""
    backend, by_id = rig.env.backend, {member.id: member for member in rig.members.values()}
    moderator = {rig.guild.id: rig.moderator, rig.channels["bench"].guild.id: rig.members["mona"]}
    standing = copy.deepcopy(backend.messages)
    unknown = await answer_to_an_unknown_control(rig)
    controls = sorted(custom_ids(), key=lambda each: each["custom_id"].split(":")[1].startswith(LAST))
    assert len({each["custom_id"].split(":")[1] for each in controls}) == 40
    for control in controls:
        channel_id, message_id = control["channel_id"], control["message_id"]
        # An earlier press may have taken the message or its controls away.
        backend.messages[channel_id][message_id] = message = copy.deepcopy(standing[channel_id][message_id])
        [shown] = [
            each
            for row in message.components
            for each in row["components"]
            if (each.get("custom_id"), each["type"] == BUTTON) == (control["custom_id"], control["kind"] == "button")
        ]
        values = [each["value"] for each in shown.get("options", ())][:1]
        guild_id = backend.channels[channel_id].guild_id
        member = by_id[control["only_for"]] if control["only_for"] else moderator.get(guild_id, rig.members["cleo"])
        answer = await rig.press_stored(member, control, *values)
        assert answer.acknowledged, control
        assert unknown not in said(answer), control
        for form in list(rig.bot._connection._view_store._modals.values()):
            form.stop()  # simcord looks at every open form after every press


async def answer_to_an_unknown_control(rig: OldRig) -> str:
    """Return the answer to a button that no version of the bot ever had."""
    button = {"type": BUTTON, "style": 2, "label": "?", "custom_id": "c1:never_heard_of:X"}
    row = {"type": 1, "components": [button]}
    made = rig.env.backend.create_message(rig.channel.id, rig.bot.user.id, "?", components=[row])
    answer = await rig.member.click(rig.message(rig.channel.id, made.id), custom_id=button["custom_id"])
    assert answer.ephemeral
    assert said(answer)
    return said(answer)


async def test_every_stored_custom_id_is_one_that_the_bot_listens_to(tmp_path: Path):
    bot = CannonBot(Settings(database=tmp_path / "bot.db"), run_worker=False, serve_http=False)
    await bot.load_extension(EXTENSION)
    listening = list(bot._connection._view_store._dynamic_items)
    await bot.close()
    assert listening
    unheard = {
        each["custom_id"]
        for each in custom_ids()
        if not any(pattern.fullmatch(each["custom_id"]) for pattern in listening)
    }
    assert unheard == set()


# ---------------------------------------------------------------------- reactions on its cards


async def test_reactions_on_old_cards_do_what_they_are_mapped_to(rig: OldRig):
    ada, morgan, otto, sue, ivy, wes = (rig.members[each] for each in ("ada", "morgan", "otto", "sue", "ivy", "wes"))
    picture, video = rig.job(PICTURE), rig.job(VIDEO)
    made: list[tuple[str, int, str]] = []

    async def makes(member: Any, job_id: str, emoji: str, *operations: str, payer: Any = None) -> None:
        await member.react(rig.card(job_id), emoji)
        made.extend((operation, (payer or member).id, job_id) for operation in operations)
        assert new_jobs(rig) == made, emoji
        rig.advance(61)  # reactions start only some jobs a minute

    await makes(sue, picture, "🔁", "image.generate")
    await makes(sue, picture, "🎨", "image.generate", payer=ada)  # as the server has mapped it
    await makes(sue, picture, "🎲", "prompt.enhance.variant", "image.edit")
    await makes(sue, picture, "🎬", "video.generate")
    await makes(otto, picture, "again:123456789012345678", "prompt.enhance.variant", "image.edit")
    await makes(sue, picture, "again:123456789012345678")  # only the painters' counts
    await makes(wes, video, "⬆️", "video.upscale")
    await makes(sue, video, "🔥")  # two are needed
    await makes(ivy, video, "🔥", "video.upscale")
    await makes(sue, video, "💬")  # the server has removed it
    ben = rig.members["ben"]
    await makes(ben, rig.job("old bench picture #fast"), "🔁")  # switched off in that server: not even a refusal
    assert told(rig, ben) == []

    # A reaction that has acted before does not act again.
    await event(rig, rig.card(picture), "🔁", otto.id)
    assert new_jobs(rig) == made

    # Taken back before its job was sent: the job is cancelled and refunded.
    started_by_morgan = rig.job(PICTURE, 2)
    assert rig.state(started_by_morgan) == "submitting"
    await morgan.unreact(rig.card(picture), "🔁")
    assert rig.state(started_by_morgan) == "cancelled"
    assert rig.rows("SELECT kind FROM ledger WHERE job_id = ? AND kind <> 'hold'", started_by_morgan) == [("release",)]


async def test_copies_stars_and_removal_by_reaction_go_on(rig: OldRig):
    ada, morgan, sue = rig.member, rig.moderator, rig.members["sue"]
    card = rig.card(rig.job(PICTURE))

    def own(channel: Any) -> list[Any]:
        return [message for message in channel.history() if message.author.id == rig.bot.user.id and message.embeds]

    [post] = own(rig.channels["gallery"])
    assert "⭐ 2" in json.dumps(post.embeds[0].to_dict(), ensure_ascii=False)
    await sue.react(card, "⭐")
    [post] = own(rig.channels["gallery"])
    assert "⭐ 3" in json.dumps(post.embeds[0].to_dict(), ensure_ascii=False)

    await sue.react(card, "✉️")
    [copied] = own(sue.user.dm_channel)
    assert rig.file(copied.attachments[0]) == rig.file(card.attachments[0])

    await sue.react(card, "❌")  # neither hers, nor is she a moderator
    assert card.id in {message.id for message in rig.messages()}
    assert own(morgan.user.dm_channel)
    await ada.react(card, "❌")
    assert card.id not in {message.id for message in rig.messages()}
    assert own(rig.channels["gallery"]) == own(morgan.user.dm_channel) == own(sue.user.dm_channel) == []
    assert "old picture" in rig.value("SELECT input FROM jobs WHERE id = ?", rig.job(PICTURE))
