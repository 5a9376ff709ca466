"""The commands that run an operation: a row each. Everything else about them follows from the operation's fields.

To show another field as an option, add its name to the row's `shows`. What is not shown is asked in the form that the
option `more` opens, so a row needs no word for it. By hand besides these: `/batch`, whose operation is an option, and
`/audio voices`, which runs none. An operation without a row has a command of its fields alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace

from bot.catalogue import Field
from bot.catalogue.fields import VIDEO, identifier, link, text
from bot.catalogue.operations.sora import SHARED
from bot.language import Text
from cogs.workflows import hooks, texts

OPTIONS_MAX = 10
"""Shown options of a command: more are a wall on a phone."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Two options for a file: an upload, and a text that takes a link or a job."""

    upload: str
    fields: tuple[str, ...]
    """The field that the file is for; of several, the one that takes its kind."""
    about: str
    _: KW_ONLY
    link: str = "from"
    link_about: str = texts.FROM_OPTION
    label: str | Text = ""
    """What sentences call the file, instead of the field's label."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: its operation, its name, and the options that are shown."""

    operation: str
    name: str
    """As members type it, without the slash: `image generate`."""
    about: str
    shows: str
    """The options in order, separated by spaces: fields, uploads, `from` and the `Common` ones."""
    _: KW_ONLY
    files: tuple[FileOptions, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    """Fields by option, for options that are called otherwise; `object.key` inside an object."""
    abouts: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of options, instead of the field's."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """The operations of a command with several, by the value of its option `for`."""
    forms: Mapping[str, CommandSpec] = field(default_factory=dict)
    """Rows whose form opens at once, by the value of the option `for`: what they show is taken from the command."""
    count: bool = False
    """Whether several can be made at once."""
    aliases: frozenset[str] = frozenset()
    """Fields that are other models' names for a shown one, so the form doesn't ask for them."""
    assumed: tuple[Field, ...] = ()
    """The fields of an operation whose own are not public."""
    hook: hooks.Hook = hooks.plain
    """Submits the request, where that takes more than data."""
    reason: str = ""
    """Why it shows more than OPTIONS_MAX options."""

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for each in (self.operation, *self.instead.values()) if each))


def _video(about: str) -> FileOptions:
    return FileOptions("video", ("video_url",), about)


def _sora_change(name: str) -> CommandSpec:
    return CommandSpec(f"sora2.video.{name}", "", "", "private", hook=hooks.sora_video)


def _sora_character(name: str, *assumed: Field) -> CommandSpec:
    return CommandSpec(f"sora2.character.{name}", "", "", "private", assumed=assumed)


GROUPS: Mapping[str, str] = {
    "image": texts.IMAGE_GROUP,
    "video": texts.VIDEO_GROUP,
    "audio": texts.AUDIO_GROUP,
    "finish": texts.FINISH_GROUP,
    "3d": texts.THREE_D_GROUP,
    "more": texts.MORE_GROUP,
}
"""The groups of these and of generated commands, with their descriptions; an empty one is not registered."""

COMMANDS = (
    CommandSpec(
        "image.generate",
        "image generate",
        texts.IMAGE_GENERATE,
        "prompt cast style model aspect_ratio image from count preset private spoiler",
        files=(
            FileOptions(
                "image",
                ("reference_image_urls",),
                texts.REFERENCE_OPTION,
                link_about=texts.REFERENCES_FROM_OPTION,
                label=texts.REFERENCE_FILE,
            ),
        ),
        abouts={"count": texts.PICTURES_OPTION, "style": texts.STYLE_OPTION},
        count=True,
        reason="the cast and its styles, which no form can complete",
        hook=hooks.usual_count,
    ),
    CommandSpec(
        "image.edit",
        "image edit",
        texts.IMAGE_EDIT,
        "prompt cast image from model aspect_ratio count preset private spoiler",
        files=(FileOptions("image", ("image_url",), texts.IMAGE_TO_EDIT_OPTION),),
        count=True,
        reason="the cast, which no form can complete",
    ),
    CommandSpec(
        "video.generate",
        "video generate",
        texts.VIDEO_GENERATE,
        "prompt cast style model duration aspect_ratio start from count preset private spoiler",
        files=(
            FileOptions(
                "start",
                ("image_url", "source_video_url"),
                texts.VIDEO_START_OPTION,
                link_about=texts.VIDEO_FROM_OPTION,
                label=texts.START_FILE,
            ),
        ),
        count=True,
        reason="the cast and its styles, which no form can complete",
        aliases=frozenset({"first_frame_url", "first_clip_url", "last_frame_url"}),
    ),
    CommandSpec(
        "music.generate",
        "audio music",
        texts.AUDIO_MUSIC,
        "prompt style duration_seconds instrumental model count preset private spoiler",
        count=True,
    ),
    CommandSpec(
        "narration.generate",
        "audio narration",
        texts.AUDIO_NARRATION,
        "text cast voice_id tone speed preset private spoiler",
    ),
    CommandSpec(
        "soundfx.generate",
        "audio soundfx",
        texts.AUDIO_SOUNDFX,
        "prompt video from duration_seconds count preset private spoiler",
        files=(_video(texts.SOUNDFX_VIDEO_OPTION),),
        count=True,
        hook=hooks.sound_of_video,
    ),
    CommandSpec(
        "prompt.enhance.image",
        "prompt",
        texts.PROMPT,
        "for prompt style duration aspect_ratio rewrite_request preset private",
        paths={"style": "visualStyle", "aspect_ratio": "aspectRatio", "rewrite_request": "rewriteRequest"},
        instead={
            texts.FOR_IMAGE: "prompt.enhance.image",
            texts.FOR_VIDEO: "prompt.enhance.video",
            texts.FOR_LOCATION: "prompt.enhance.location",
            texts.FOR_VARIANT: "prompt.enhance.variant",
        },
        forms={
            texts.MADE_LOCATION: CommandSpec(
                "three_d.location.generate",
                "",
                "",
                "prompt preset private",
                paths={"prompt": "description"},
                count=True,
            ),
        },
    ),
    CommandSpec(
        "lipsync.generate",
        "finish lipsync",
        texts.FINISH_LIPSYNC,
        "video from audio audio_from preset private spoiler",
        files=(
            _video(texts.LIPSYNC_VIDEO_OPTION),
            FileOptions(
                "audio",
                ("audio_url",),
                texts.LIPSYNC_AUDIO_OPTION,
                link="audio_from",
                link_about=texts.LIPSYNC_AUDIO_FROM_OPTION,
            ),
        ),
    ),
    CommandSpec(
        "subtitles.generate",
        "finish subtitles",
        texts.FINISH_SUBTITLES,
        "video from font font_size color preset private spoiler",
        files=(_video(texts.SUBTITLES_VIDEO_OPTION),),
        paths={
            "font": "subtitle_settings.font",
            "font_size": "subtitle_settings.fontSize",
            "color": "subtitle_settings.color",
        },
    ),
    CommandSpec(
        "smartmotion.generate",
        "finish motion",
        texts.FINISH_MOTION,
        "file from prompt motion duration preset private spoiler",
        files=(FileOptions("file", ("file_url",), texts.MOTION_FILE_OPTION, label=texts.MOTION_FILE),),
        hook=hooks.camera_motion,
    ),
    CommandSpec(
        "video.upscale",
        "finish upscale",
        texts.FINISH_UPSCALE,
        "video from model target_resolution upscale_factor preset private spoiler",
        files=(_video(texts.UPSCALE_VIDEO_OPTION),),
    ),
    CommandSpec(
        "",
        "sora",
        texts.SORA,
        "for private",
        abouts={"for": texts.SORA_FOR_OPTION},
        forms={
            texts.SORA_EDIT: _sora_change("edit"),
            texts.SORA_EXTEND: _sora_change("extend"),
            texts.SORA_REMIX: _sora_change("remix"),
            texts.SORA_CHARACTER: _sora_character(
                "create",
                replace(text("name", "name", texts.CHARACTER_NAME_OPTION.message, required=True), max_length=80),
                link("video_url", "video", texts.CHARACTER_VIDEO_OPTION.message, VIDEO, required=True),
            ),
            texts.SORA_VIDEO: _sora_character(
                "generate",
                text("prompt", "prompt", texts.SORA_PROMPT_OPTION.message, required=True),
                identifier("character_id", "character", texts.SORA_CHARACTER_OPTION.message, required=True),
                *SHARED[:4],
            ),
        },
    ),
)
BY_OPERATION: Mapping[str, CommandSpec] = {
    operation: spec for row in COMMANDS for spec in (row, *row.forms.values()) for operation in spec.operations
}
