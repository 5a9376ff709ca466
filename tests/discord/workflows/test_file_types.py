"""Discord lets members pick only files that an option can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from simcord.interactions import _FILE_TYPE_GROUPS

from bot.delivery.answers.command_payload import TEXT_FILES, file_types, payload_of
from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.media import sniff
from tests.support.rig import Rig

ATTACHMENT = 11
IMAGE, VIDEO, AUDIO = ({kind} for kind in (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO))
TAKEN = {
    "image edit image": IMAGE,
    "image generate image": IMAGE,
    "video generate start": IMAGE | VIDEO,
    "audio soundfx video": VIDEO,
    "finish lipsync video": VIDEO,
    "finish lipsync audio": AUDIO,
    "finish motion file": IMAGE | VIDEO,
}


def uploads(payload: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    name = f"{above} {payload['name']}".strip()
    if payload.get("type") == ATTACHMENT and above:
        yield name, payload
    for option in payload.get("options") or ():
        yield from uploads(option, name)


async def test_every_upload_of_every_command_says_which_files_it_takes(rig: Rig):
    found = {name: option for each in await payload_of(rig.bot.tree) for name, option in uploads(each)}
    assert len(found) >= 10
    unknown = [name for name, option in found.items() if not option.get("file_types")]
    assert unknown == []
    assert all(len(option["file_types"]) <= 10 for option in found.values())
    for name, kinds in TAKEN.items():
        assert tuple(found[name]["file_types"]) == file_types(kinds), name
    assert tuple(found["batch file"]["file_types"]) == TEXT_FILES


async def test_discord_is_told_so(rig: Rig):
    with pytest.raises(Exception, match="does not allow file extension"):
        await rig.member.slash(rig.channel, "image edit", prompt="x", image=("clip.mp4", b"x"))


def test_no_file_that_the_bot_reads_is_kept_from_it():
    known = [
        *(found for _, found in sniff._MAGIC),
        *sniff._RIFF.values(),
        *sniff._BRANDS.values(),
        *(found for pair in sniff._MATROSKA.values() for found in pair),
        sniff._MP4,
    ]
    for kind, _, ending in known:
        told = file_types({kind})
        assert ending in {*told, *(each for name in told for each in _FILE_TYPE_GROUPS.get(name, ()))}, ending
    assert len(file_types(SOURCE_KINDS)) <= 10  # Discord's limit of an option
