"""`/cast` as members and moderators see it."""

from __future__ import annotations

from typing import Any

from bot.domain.words.cast import Audience
from tests.support.cast import add, cast_channel
from tests.support.rig import Rig
from tests.support.surface import panel_text, png


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
