"""The nineteen workflows as the tests know them: their commands, small real sources, and close checks of results."""

from __future__ import annotations

import functools
import io
from typing import Any

import av
import discord
from PIL import Image

from bot.catalogue import Catalogue
from bot.domain.models import Job, JobState, MediaKind
from bot.media.sniff import sniff
from sandbox.media import render
from sandbox.media.words import scene_of
from sandbox.studio.files import StoredFile
from tests.support.rig import Rig

CATALOGUE = Catalogue(allow_local=True)
SORA_ENDED = 1_790_294_400.0
"""2026-09-25 00:00 UTC, the day after its last."""
COMMANDS = {
    "image generate": "image.generate",
    "image edit": "image.edit",
    "video generate": "video.generate",
    "audio music": "music.generate",
    "audio narration": "narration.generate",
    "audio soundfx": "soundfx.generate",
    "prompt for:image": "prompt.enhance.image",
    "prompt for:video": "prompt.enhance.video",
    "prompt for:location": "prompt.enhance.location",
    "prompt for:character variant": "prompt.enhance.variant",
    "finish lipsync": "lipsync.generate",
    "finish subtitles": "subtitles.generate",
    "finish motion": "smartmotion.generate",
    "finish upscale": "video.upscale",
    "sora for:new character": "sora2.character.create",
    "sora for:character video": "sora2.character.generate",
    "sora for:edit": "sora2.video.edit",
    "sora for:extend": "sora2.video.extend",
    "sora for:remix": "sora2.video.remix",
}
"""The command of each operation."""
IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO
CLIP_S, TRACK_S = 0.5, 0.7


@functools.cache
def sample(kind: MediaKind) -> tuple[str, bytes]:
    """Return the name and the bytes of a small real file."""
    if kind is IMAGE:
        return "cat.png", render.png(scene_of("", 0), size=(48, 32)).data
    if kind is VIDEO:
        return "clip.mp4", render.mp4(scene_of("", 0), seconds=CLIP_S, size=(48, 32)).data
    return "talk.mp3", render.mp3(seconds=TRACK_S).data


def seconds_of(data: bytes) -> float:
    """Decode all of a clip or track and return how long it lasts, in seconds."""
    with av.open(io.BytesIO(data)) as box:
        stream = (box.streams.video or box.streams.audio)[0]
        ends = [float((frame.pts or 0) * frame.time_base) for frame in box.decode(stream)]
        assert ends
        return float(box.duration / av.time_base)


def examined(rig: Rig, attachment: discord.Attachment) -> MediaKind:
    """Return a delivered file's kind by its bytes; fail if it does not decode."""
    data = rig.file(attachment)
    found = sniff(data[:64])
    assert found is not None, attachment.filename
    kind, _, extension = found
    assert attachment.filename.endswith(extension)
    if kind is IMAGE:
        Image.open(io.BytesIO(data)).load()
    else:
        assert 0.3 < seconds_of(data) < 1.3
    return kind


def delivered(rig: Rig, job: Job) -> list[discord.Attachment]:
    """Return the files of a delivered job, without its texts."""
    assert job.state is JobState.DELIVERED, (job.operation, job.state, job.error)
    [message] = [m for m in rig.messages() if m.id == job.message_id]
    return [a for a in message.attachments if not a.filename.endswith(".txt") and job.id[:4].lower() in a.filename]


# ---------------------------------------------------------------------- ways to give a file


def hosted(rig: Rig, name: str, data: bytes, content_type: str = "application/octet-stream") -> str:
    """Put a file on the one host besides Discord that is reachable here, and return the link to it."""
    rig.sandbox.studio.files.put(name, StoredFile(data, content_type))
    return f"{rig.sandbox.url}/media/{name}"


async def posted_link(rig: Rig, kind: MediaKind) -> str:
    """Let a member post a file and return the file's own link."""
    message = await rig.moderator.send(rig.channel, "look", attachments=[sample(kind)])
    return message.attachments[0].url


def own_message(rig: Rig, *files: tuple[str, bytes], channel: Any = None) -> tuple[str, list[dict[str, Any]]]:
    """Let the bot post files; return the link to the message, and its attachments as Discord has them."""
    place = channel or rig.channel
    attachments = rig.env.backend.store_attachments(place.id, files)
    message = rig.env.backend.create_message(place.id, rig.bot.user.id, "", attachments=attachments)
    return f"https://discord.com/channels/{rig.guild.id}/{place.id}/{message.id}", attachments


async def earlier(rig: Rig, kind: MediaKind, *, member: Any = None, **options: Any) -> Job:
    """Have a result of that kind made by a command, and return its job."""
    command = {IMAGE: "image generate", VIDEO: "video generate", AUDIO: "audio narration"}[kind]
    words = "text" if kind is AUDIO else "prompt"
    await (member or rig.member).slash(rig.channel, command, **{words: f"an earlier {kind} #fast"}, **options)
    await rig.work()
    return (await rig.jobs())[0]
