"""What each operation is sent, exactly, with one, two and five characters of two images each."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.domain.words.cast import CastMember
from tests.support.cast import add
from tests.support.rig import Rig
from tests.support.surface import nothing_happened
from tests.support.workflows import AUDIO, IMAGE, VIDEO, hosted, sample

NAMES: Final = ("Mira", "Tom", "Ada Lou", "雪女", "Zoë")
KEEP: Final = "Keep each character's face, clothes and colors as in their reference images."


async def the_cast(rig: Rig, count: int) -> list[CastMember]:
    return [await add(rig, name, pictures=2, look=f"look of {name}", voice_id=f"v-{name}") for name in NAMES[:count]]


async def links_of(rig: Rig, cast: list[CastMember]) -> list[str]:
    links = rig.bot.parts.delivery.cast_pictures.links
    return [link for each in cast for link in await links(each)]


def prompt_with(count: int) -> str:
    return " and ".join(f"@{name}" for name in NAMES[:count])


def words_with(count: int, *, first: int = 1) -> str:
    """Return what is sent behind the prompt when both images of each are reference images, from `first` on."""
    shown = ((name, first + 2 * number) for number, name in enumerate(NAMES[:count]))
    lines = [f"{name} (reference image {number}, {number + 1}): look of {name}." for name, number in shown]
    return "\n".join([prompt_with(count) + "\n", *lines, KEEP])


async def sent(rig: Rig) -> dict[str, Any]:
    await rig.work()
    [request] = rig.sandbox.requests
    return dict(request.input)


@pytest.mark.parametrize("count", [2])
async def test_names_in_the_option_are_sent_as_those_in_the_prompt(rig: Rig, count: int):
    cast = await the_cast(rig, count)
    await rig.member.slash(rig.channel, "image generate", prompt="a picnic", cast=", ".join(NAMES[:count]))
    made = await sent(rig)
    lines = words_with(count).splitlines()[2:]
    also = [f"Also in the scene: {line}" for line in lines[:-1]]
    assert made == {
        "prompt": "\n".join(["a picnic\n", *also, KEEP]),
        "reference_image_urls": await links_of(rig, cast),
    }


async def test_all_images_are_references_where_a_list_is_taken(rig: Rig):
    cast = await the_cast(rig, 2)
    for command in ("image generate", "video generate"):
        await rig.member.slash(rig.channel, command, prompt=prompt_with(2))
        await rig.work()
        given = {"prompt": words_with(2), "reference_image_urls": await links_of(rig, cast)}
        assert rig.sandbox.requests[-1].input == given
    await rig.member.slash(rig.channel, "prompt for:image", prompt=prompt_with(2))
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"prompt": prompt_with(2)}, "a rewriter gets the words alone"


async def test_the_members_own_references_come_first(rig: Rig):
    cast, own = await the_cast(rig, 1), hosted(rig, *sample(IMAGE))
    await rig.member.slash(rig.channel, "image generate", prompt="@Mira", from_=own)
    assert await sent(rig) == {
        "prompt": words_with(1, first=2),
        "reference_image_urls": [own, *await links_of(rig, cast)],
    }


@pytest.mark.parametrize("count", [2])
async def test_a_change_of_a_sora_video_gets_the_looks(rig: Rig, count: int):
    await the_cast(rig, count)
    asked = await rig.member.slash(rig.channel, "sora for:edit", prompt=prompt_with(count), sora_video_id="video_123")
    assert "takes no images of" in asked.response.content
    await nothing_happened(rig)
    await rig.member.click(asked.response, label="Continue anyway")
    looks = [f"{name}: look of {name}." for name in NAMES[:count]]
    assert await sent(rig) == {"prompt": "\n".join([prompt_with(count) + "\n", *looks]), "sora_video_id": "video_123"}


@pytest.mark.parametrize("command", ["finish lipsync"])
async def test_what_has_no_prompt_has_no_cast(rig: Rig, command: str):
    cast = await the_cast(rig, 5)
    options: dict[str, Any] = {"from_": hosted(rig, *sample(VIDEO))}
    if command == "finish lipsync":
        options["audio"] = sample(AUDIO)
    await rig.member.slash(rig.channel, command, **options)
    made = await sent(rig)
    assert not [each for each in ["Mira", "v-Mira", *await links_of(rig, cast)] if each in str(made)]


@pytest.mark.parametrize("count", [1, 2])
async def test_a_narration_has_the_voice_of_the_first(rig: Rig, count: int):
    await the_cast(rig, count)
    asked = await rig.member.slash(rig.channel, "audio narration", text="Ahoy.", cast=",".join(NAMES[:count]))
    if count > 1:
        assert "has one voice: Mira's" in asked.response.content
        await nothing_happened(rig)
        await rig.member.click(asked.response, label="Continue anyway")
    assert await sent(rig) == {"text": "Ahoy.", "voice_id": "v-Mira"}
