"""A member's own defaults and presets: used where they leave an option out, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.domain.plain import from_plain, to_plain
from bot.domain.server.guild_rules import Spoilers
from bot.domain.server.member_settings import PRESETS_MAX, MemberSettings, Notify, Preset
from bot.errors import InputError
from bot.generation.generation import Generation, SourceFile
from bot.generation.own_defaults import OwnDefaults, Typed
from bot.generation.sources import SourceRef
from bot.store import StoredPreset
from tests.support.rig import Rig
from tests.support.surface import whole

STYLE = "35mm film, soft light"
MODEL = next(each for each in Catalogue().resolve("image.generate").models if each.id == "seedream5")


async def set_own(rig: Rig, **values: Any) -> None:
    await rig.bot.parts.own_settings.change(rig.guild.id, rig.member.id, lambda own: replace(own, **values))


async def last_input(rig: Rig) -> dict[str, Any]:
    return dict((await rig.jobs())[0].input)


async def test_what_a_member_leaves_out_comes_from_their_defaults_and_the_card_shows_it(rig: Rig):
    await set_own(rig, models={"image.generate": MODEL.id}, aspect_ratio="4:3", style=STYLE)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    found = await last_input(rig)
    assert (found["model"], found["aspect_ratio"], found["prompt"]) == (MODEL.id, "4:3", f"a fox, {STYLE}")
    card = rig.messages()[-1].embeds[0].to_dict()
    assert all(each in str(card) for each in (MODEL.name, "4:3", STYLE))


async def test_what_a_member_says_wins_and_others_have_no_part_in_it(rig: Rig):
    await set_own(rig, models={"image.generate": MODEL.id}, aspect_ratio="4:3", style=STYLE, private=True)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", aspect_ratio="1:1", private=False)
    assert (await last_input(rig))["aspect_ratio"] == "1:1"
    assert rig.messages()[-1].embeds, "it is public because they said so"
    await rig.moderator.slash(rig.channel, "image generate", prompt="an owl")
    found = await last_input(rig)
    assert found["prompt"] == "an owl"
    assert "model" not in found


@pytest.mark.parametrize(
    ("rule", "said", "expected"),
    [
        (Spoilers.AUTHOR, {}, True),
        (Spoilers.NEVER, {}, False),
        (Spoilers.ALWAYS, {"spoiler": False}, True),
    ],
)
async def test_spoiler_by_default_follows_the_servers_rule(
    rig: Rig, rule: Spoilers, said: dict[str, bool], expected: bool
):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, spoilers=rule))
    await set_own(rig, spoiler=True)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", **said)
    card = await rig.bot.parts.store.cards.get(rig.guild.id, (await rig.jobs())[0].card_id)
    assert card is not None
    assert card.spoiler is expected


async def test_a_spoken_text_and_music_get_no_style(rig: Rig):
    await set_own(rig, style=STYLE)
    await rig.member.slash(rig.channel, "audio narration", text="Good morning")
    assert (await last_input(rig))["text"] == "Good morning"
    await rig.member.slash(rig.channel, "audio music", prompt="a waltz")
    assert (await last_input(rig))["prompt"] == "a waltz"


async def test_a_re_run_repeats_exactly(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.work()
    before = await last_input(rig)
    await set_own(rig, models={"image.generate": MODEL.id}, aspect_ratio="4:3", style=STYLE, private=True)
    made = len(await rig.jobs())
    message = rig.messages()[-1]
    await rig.member.click(message, label=whole(message, "Re-run"))
    again = (await rig.jobs())[: len(await rig.jobs()) - made]
    assert again
    for job in again:
        assert {key: each for key, each in job.input.items() if key != "seed"} == before


async def test_a_model_that_is_gone_is_refused_with_the_way_to_change_it(rig: Rig):
    await set_own(rig, models={"image.generate": "gone-1"})
    answer = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert "gone-1" in answer.response.content
    assert "/me" in answer.response.content
    assert await rig.jobs() == []
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", model=MODEL.id)
    assert (await last_input(rig))["model"] == MODEL.id


async def test_a_preset_fills_in_what_is_left_out_and_defaults_come_after_it(rig: Rig):
    own = rig.bot.parts.own_settings
    await set_own(rig, aspect_ratio="4:3", style=STYLE)
    values = {"aspect_ratio": "16:9", "resolution": "2K"}
    await own.keep_preset(rig.guild.id, rig.member.id, "Anime 16:9", operation="image.generate", values=values)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", preset="anime 16:9", resolution="4K")
    found = await last_input(rig)
    assert (found["aspect_ratio"], found["resolution"]) == ("16:9", "4K")


async def test_a_preset_that_does_not_exist_or_is_for_something_else_is_refused(rig: Rig):
    own = rig.bot.parts.own_settings
    await own.keep_preset(rig.guild.id, rig.member.id, "calm", operation="music.generate", values={"prompt": "calm"})
    for name, said in (("nothing", "/me"), ("calm", "Music")):
        answer = await rig.member.slash(rig.channel, "image generate", prompt="a fox", preset=name)
        assert said in answer.response.content
    stranger = await rig.moderator.slash(rig.channel, "audio music", prompt="x", preset="calm")
    assert "You have no preset" in stranger.response.content
    assert await rig.jobs() == []


async def test_an_aspect_ratio_is_not_put_on_what_is_edited_or_does_not_offer_it(rig: Rig):
    await set_own(rig, aspect_ratio="4:3")
    own = rig.bot.get(OwnDefaults)
    edited = Generation(operation="image.edit", values={"prompt": "x"}, typed=True)
    source = Generation(
        operation="image.edit",
        values={"prompt": "x"},
        files=[SourceFile(ref=SourceRef(url="https://example.org/cat.png"), label="image", field="image_url")],
        typed=True,
    )
    member = rig.guild.id, rig.member.id
    assert "aspect_ratio" in (await own.applied(edited, *member, Typed())).values
    assert "aspect_ratio" not in (await own.applied(source, *member, Typed())).values


async def test_there_are_at_most_so_many_presets_with_names_of_their_own(rig: Rig):
    rows, member = rig.bot.parts.store.member_settings, (rig.guild.id, rig.member.id)

    async def keep(name: str) -> StoredPreset:
        return await rows.keep_preset(*member, Preset(name=name, operation="image.generate", values={"style": name}))

    assert [await keep(f"p{number:02}") for number in range(PRESETS_MAX)] == [StoredPreset.ADDED] * PRESETS_MAX
    assert (await keep("one more"), await keep("P00")) == (StoredPreset.TOO_MANY, StoredPreset.REPLACED)
    assert len(await rows.presets(*member)) == PRESETS_MAX
    own = rig.bot.parts.own_settings
    for name in ("", "x" * 33, "one more"):
        with pytest.raises(InputError):
            await own.keep_preset(*member, name, operation="image.generate", values={"style": "x"})


@given(
    models=st.dictionaries(st.sampled_from(["image.generate", "a"]), st.text(max_size=9), max_size=2),
    style=st.text(max_size=9),
    private=st.booleans(),
    notify=st.sampled_from(Notify),
)
def test_settings_survive_being_stored(models: dict[str, str], style: str, private: bool, notify: Notify) -> None:
    own = MemberSettings(models=models, style=style, private=private, notify=notify)
    assert from_plain(MemberSettings, to_plain(own)) == own
    assert from_plain(MemberSettings, {}) == MemberSettings()
