"""`/cast` as members and moderators see it."""

from __future__ import annotations

from typing import Any

from bot.domain.words.cast import Audience, CastMember
from tests.support.cast import add, cast_channel, caster
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.surface import panel_text, png
from tests.support.workflows import hosted


async def opened(rig: Rig, member: Any = None) -> Any:
    return (await (member or rig.member).slash(rig.channel, "cast")).response


async def test_a_character_is_added_from_uploads_and_shown_with_its_pictures(rig: Rig):
    channel = await cast_channel(rig)
    page = await opened(rig)
    form = await rig.member.click(page, custom_id="c1:cast_add:character")
    name, look, pictures, *_ = rig.form_fields(form)
    done = await rig.member.submit_modal(form, {name: "Mira", look: "a red fox", pictures: [("a.png", png())]})
    assert "Mira is in the cast now" in panel_text(done.response)
    [kept] = channel.history()
    assert len(kept.attachments) == 1
    assert "Mira" in panel_text(await opened(rig))


async def test_who_may_not_use_it_sees_no_trace_of_it(rig: Rig):
    await add(rig, "Tom", audience=Audience.MAKER)
    bea = rig.guild.add_member(rig.env.create_user("bea"))
    assert "Tom" in panel_text(await opened(rig))
    assert "Tom" not in panel_text(await opened(rig, bea))


async def test_a_sheet_becomes_the_image_of_the_character_that_it_was_made_for(rig: Rig):
    await cast_channel(rig)
    bruno = await add(rig, "Bruno", pictures=0, look="a brown bear")
    page = await opened(rig)
    await rig.member.select(page, [bruno.id], custom_id="c1:cast_open:cast")
    await priced(rig)
    asked = await rig.member.click(page, custom_id=f"c1:cast_sheet:{bruno.id}")
    await rig.member.click(asked.response, label="Yes, make it")
    await rig.work()
    job = (await rig.jobs())[0]
    card = next(each for each in rig.messages() if each.id == job.message_id)
    steps = (await rig.member.click(card, custom_id=f"c1:next:{job.id}")).response
    form = await rig.member.click(steps, custom_id=f"c1:cast_result:{job.id}")
    name, *_ = rig.form_fields(form)
    done = await rig.member.submit_modal(form, {name: "Bruno"})
    assert "Bruno is in the cast now" in panel_text(done.response)
    [kept] = await rig.bot.parts.store.cast.all(rig.guild.id)
    assert (kept.id, kept.pictures) == (bruno.id, 1)


async def test_images_are_replaced_also_right_after_they_were_added(rig: Rig):
    """Discord takes a message with the nonce of an earlier one for the same, and posts nothing."""
    channel = await cast_channel(rig)
    mira = await add(rig, "Mira", pictures=1)
    await replaced(rig, mira)
    new = await rig.bot.parts.store.cast.get(rig.guild.id, mira.id)
    assert new is not None
    assert new.pictures == 2
    path = f"/channels/{channel.id}/messages"
    bodies = [call.json for call in rig.env.http_requests if (call.method, call.path) == ("POST", path)]
    assert len({body["nonce"] for body in bodies}) == 2
    await rig.bot.parts.delivery.cast_pictures.delete_leftovers()
    assert [each.id for each in channel.history()] == [new.message_id]


async def replaced(rig: Rig, member: CastMember) -> None:
    """Replace the images by two."""
    links = [hosted(rig, f"new-{number}.png", png()) for number in range(2)]

    async def found() -> list[str]:
        return links

    await rig.bot.parts.cast.set_pictures(caster(rig), member.id, found)
