"""The Sora 2 operations, as their pages in the API's docs describe them. OpenAI has announced the end of their API."""

from __future__ import annotations

from bot.catalogue.field_builders import SORA_SECONDS, VIDEO, identifier, link, number, ratio, text
from bot.catalogue.fields import Field, FieldKind, Probe, ProbeKind
from bot.catalogue.operation import SORA_ENDS, Model, Operation, Output
from bot.domain.models import MediaKind

MODELS = (
    Model(id=None, name="Sora 2", ends=SORA_ENDS),
    Model(id="sora-2-pro", name="Sora 2 Pro", ends=SORA_ENDS),
)
OUTPUTS = (Output(key="video_url", kind=MediaKind.VIDEO),)

VIDEO_ID = identifier(
    "sora_video_id",
    "Sora video id",
    "The id of a Sora video, e.g. video_68c1…: an earlier job's task id",
    required=True,
)
DURATION = Field(
    name="duration",
    kind=FieldKind.NUMBER,
    label="duration",
    help="How long, in seconds: 4, 8, 12, 16 or 20",
    unit="seconds",
    choices=SORA_SECONDS,
)
SHARED = (
    text("model", "model", "Which model, e.g. sora-2-pro (1080p needs it)", seen=("sora-2-pro", "sora-2")),
    DURATION,
    ratio("aspect_ratio", "aspect ratio", "Portrait or landscape: 9:16 or 16:9", seen=("16:9", "9:16")),
    text("resolution", "resolution", "How sharp, e.g. 1080p (with sora-2-pro)", seen=("1080p",)),
    link("source_video_url", "source video", "A link to the same video, if Cannon Studio asks for it", VIDEO),
)

EDIT = Operation(
    id="sora2.video.edit",
    title="Edit Sora 2 Video",
    workflow="sora",
    fields=(
        VIDEO_ID,
        text("prompt", "prompt", "What to change, e.g. make it snow", required=True),
        *SHARED,
    ),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-edit
    ends=SORA_ENDS,
)

EXTEND = Operation(
    id="sora2.video.extend",
    title="Extend Sora 2 Video",
    workflow="sora",
    fields=(
        VIDEO_ID,
        text("prompt", "prompt", "What happens next, e.g. the ship sails out of sight", required=True),
        *SHARED,
        number(
            "source_duration",
            "source duration",
            "The source video's length in seconds; read from it if left out",
            unit="seconds",
            probe=Probe(ProbeKind.DURATION, "source_video_url"),
        ),
    ),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-extend
    ends=SORA_ENDS,
)

REMIX = Operation(
    id="sora2.video.remix",
    title="Remix Sora 2 Video",
    workflow="sora",
    fields=(
        VIDEO_ID,
        text("prompt", "prompt", "What to make of it, e.g. the same scene at night", required=True),
        *SHARED,
    ),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-remix
    ends=SORA_ENDS,
)

CREATE_CHARACTER = Operation(
    id="sora2.character.create",
    title="Create Sora 2 Character",
    workflow="sora",
    models=MODELS[:1],
    id_documented=False,
    ends=SORA_ENDS,
)
"""Only the title is public."""

CHARACTER_VIDEO = Operation(
    id="sora2.character.generate",
    title="Generate Sora 2 Character Video",
    workflow="sora",
    models=MODELS[:1],
    id_documented=False,
    ends=SORA_ENDS,
)
"""Only the title is public."""

SORA_OPERATIONS = (CREATE_CHARACTER, CHARACTER_VIDEO, EDIT, EXTEND, REMIX)
