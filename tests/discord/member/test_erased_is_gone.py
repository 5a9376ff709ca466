"""What was erased is in no file any more: not in a row, not in the log beside the database, not in a copy."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.generation.texts import ERASED
from bot.store import Record
from tests.support.channels import press, rule, shown
from tests.support.erased import delete_data, left_in_files, left_in_tables, round_of_upkeep, sealed_key, send_key
from tests.support.reacting import direct_texts, in_channel, other
from tests.support.rig import GUILD_KEY, Rig
from tests.support.settings_pages import set_review
from tests.support.surface import labels, newest, report_facts

WORDS = "canary-person-xyzzy"
OTHERS = "what-somebody-else-asked"


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


async def made(rig: Rig, member: Any, **options: Any) -> Any:
    await member.slash(rig.channel, "image generate", **({"prompt": f"{WORDS} #fast"} | options))
    await rig.work()
    return await newest(rig)


async def test_a_members_words_are_in_no_file_after_they_deleted_them(rig: Rig, eve: Any):
    await made(rig, rig.member, prompt=f"{OTHERS} #fast")
    job = await made(rig, eve)
    link = job.media[0].url.rpartition("/")[2]
    assert left_in_files(rig.folder, WORDS, link), "it was there"
    await delete_data(rig, eve)
    assert left_in_files(rig.folder, WORDS, link) == {}
    assert left_in_tables(rig.folder, OTHERS), "and nobody else's went with them"


async def test_when_the_month_has_ended_a_random_number_is_in_the_place_of_theirs(rig: Rig, eve: Any):
    await made(rig, eve)
    await made(rig, eve, private=True)
    text = f"<@{rig.moderator.id}> unblocked <@{eve.id}>."
    record = Record(kind="block", text=text, by_id=rig.moderator.id, about={"member": eve.id})
    await rig.bot.parts.store.decisions.add(rig.guild.id, lambda _: record)
    await delete_data(rig, eve)
    await round_of_upkeep(rig, hours=1)
    assert left_in_tables(rig.folder, str(eve.id)), "limits count by it"
    await round_of_upkeep(rig, days=38)
    assert left_in_tables(rig.folder, str(eve.id)) == {}
    report = await rig.moderator.slash(rig.channel, "usage", period="quarter")
    [ledger] = [rig.file(file).decode() for file in report.response.attachments if file.filename == "ledger.csv"]
    [name] = {row["member_id"] for row in csv.DictReader(io.StringIO(ledger))}
    assert re.fullmatch(r"a former member \d+", name)
    assert report_facts(report.response)["Most by"].startswith("a former member")
    listed = await rig.moderator.slash(rig.channel, "jobs")
    assert "a former member" in shown(await rig.moderator.click(listed.response, label="Everyone's jobs"))


async def test_nor_after_a_result_was_removed_with_its_record(rig: Rig, eve: Any):
    job = await made(rig, eve)
    asked = await press(rig, rig.moderator, "remove", job.id)
    await rig.moderator.click(asked.response, label="Remove the record too")
    assert left_in_files(rig.folder, WORDS) == {}


@pytest.mark.parametrize("way", ["removed", "replaced"])
async def test_a_key_that_nobody_needs_is_in_no_file_not_even_sealed(rig: Rig, way: str):
    await send_key(rig, GUILD_KEY)
    sealed = sealed_key(rig)
    if way == "removed":
        await rig.moderator.slash(rig.channel, "studio key", action="remove")
    else:
        rig.sandbox.add_key("cs_test_another_00000001", credits=5)
        await send_key(rig, "cs_test_another_00000001")
    assert left_in_files(rig.folder, sealed) == {}


async def test_what_was_typed_as_a_model_goes_too(rig: Rig, eve: Any):
    await made(rig, eve, model="my name is Eve Adams, 12 Elm Street")
    await delete_data(rig, eve)
    assert left_in_tables(rig.folder, "Elm Street") == {}
    assert left_in_files(rig.folder, "Elm Street") == {}


async def test_a_model_of_the_catalogue_stays_in_the_books(rig: Rig, eve: Any):
    await made(rig, eve, model="flux2pro")
    await delete_data(rig, eve)
    assert left_in_tables(rig.folder, "flux2pro")["jobs"] == 1


async def test_a_draft_and_what_a_reviewer_wrote_go_too(rig: Rig, eve: Any):
    desk = rig.guild.create_text_channel("desk")
    await set_review(rig, channel=desk)
    await eve.slash(rig.channel, "image generate", prompt=f"{WORDS} #fast")
    for _ in range(5):
        await rig.step()
        rig.advance(1)
    form = await rig.moderator.click(in_channel(rig, desk)[-1], label="Reject…")
    [field] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {field: f"because of {WORDS}"})
    await rig.work()
    await rule(rig, confirm_above=Decimal(1))
    await eve.slash(rig.channel, "image generate", prompt=f"{WORDS} again")
    await delete_data(rig, eve)
    assert left_in_tables(rig.folder, WORDS).keys() <= {"decisions"}, "moderators' record is theirs"


async def test_the_copies_in_gallery_review_channel_and_messages_follow(rig: Rig, eve: Any):
    desk, gallery = rig.guild.create_text_channel("desk"), rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=gallery.id, gallery_stars=1)
    )
    await set_review(rig, channel=desk)
    await eve.slash(rig.channel, "image generate", prompt=f"{WORDS} #fast")
    for _ in range(5):
        await rig.step()
        rig.advance(1)
    [asked] = [message for message in in_channel(rig, desk) if "Publish" in labels(message)]
    await rig.moderator.click(asked, label="Publish")
    await rig.work()
    [card] = rig.messages()
    await rig.member.react(card, "⭐")
    await rig.env.settle()
    assert in_channel(rig, gallery)
    await delete_data(rig, eve)
    await rig.env.settle()
    assert in_channel(rig, gallery) == []
    assert not [m for m in in_channel(rig, desk) if m.attachments or WORDS in str([e.to_dict() for e in m.embeds])]


async def test_controls_and_reactions_on_what_was_erased_say_so(rig: Rig, eve: Any):
    job = await made(rig, eve)
    await delete_data(rig, eve)
    for action in ("again", "vary_subtle", "edit"):
        assert str(ERASED) in shown(await press(rig, rig.member, action, job.id)), action
    await rig.member.react(rig.messages()[0], "🔁")
    await rig.env.settle()
    assert any("erased" in sentence for sentence in direct_texts(rig, rig.member))
    assert len(await rig.jobs()) == 1
