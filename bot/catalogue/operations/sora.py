"""Sora 2 operations, from their pages in the API's docs. Their provider has switched them off."""

from __future__ import annotations

from bot.catalogue.fields import (
    SORA_SECONDS,
    VIDEO,
    Field,
    FieldKind,
    Probe,
    ProbeKind,
    identifier,
    link,
    number,
    ratio,
    text,
)
from bot.catalogue.operation import SORA_END, Model, Operation, Output
from bot.domain.models import MediaKind

MODELS = (Model(id=None, name="Sora 2", end=SORA_END), Model(id="sora-2-pro", name="Sora 2 Pro", end=SORA_END))
OUTPUTS = (Output(key="video_url", kind=MediaKind.VIDEO),)

VIDEO_ID = identifier(
    "sora_video_id",
    "Sora video ID",
    "The job that made the Sora video, or the video's ID, e.g. video_68c1…",
    required=True,
)
DURATION = Field(
    name="duration",
    kind=FieldKind.NUMBER,
    label="duration",
    help="Length in seconds: 4, 8, 12, 16, or 20",
    unit="seconds",
    choices=SORA_SECONDS,
)
SHARED = (
    text("model", "model", "Model, e.g. sora-2-pro (required for 1080p)", seen=("sora-2-pro", "sora-2")),
    DURATION,
    ratio("aspect_ratio", "aspect ratio", "Portrait (9:16) or landscape (16:9)", seen=("16:9", "9:16")),
    text("resolution", "resolution", "Resolution, e.g. 1080p (with sora-2-pro)", seen=("1080p",)),
    link("source_video_url", "source video", "Link to the same video, if Cannon Studio requires it", VIDEO),
)

EDIT = Operation(
    id="sora2.video.edit",
    title="Edit Sora 2 Video",
    workflow="sora",
    fields=(VIDEO_ID, text("prompt", "prompt", "What to change, e.g. make it snow", required=True), *SHARED),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-edit
    end=SORA_END,
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
            "Length of the source video in seconds; read from the file by default",
            unit="seconds",
            probe=Probe(ProbeKind.DURATION, "source_video_url"),
        ),
    ),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-extend
    end=SORA_END,
)

REMIX = Operation(
    id="sora2.video.remix",
    title="Remix Sora 2 Video",
    workflow="sora",
    fields=(
        VIDEO_ID,
        text("prompt", "prompt", "How to remix the video, e.g. the same scene at night", required=True),
        *SHARED,
    ),
    outputs=OUTPUTS,
    models=MODELS,
    # https://www.cannonstudio.app/developers/docs/operations/sora2-video-remix
    end=SORA_END,
)

CREATE_CHARACTER = Operation(
    id="sora2.character.create",
    title="Create Sora 2 Character",
    workflow="sora",
    models=MODELS[:1],
    id_documented=False,
    end=SORA_END,
)
"""Only the title is public."""

CHARACTER_VIDEO = Operation(
    id="sora2.character.generate",
    title="Generate Sora 2 Character Video",
    workflow="sora",
    models=MODELS[:1],
    id_documented=False,
    end=SORA_END,
)
"""Only the title is public."""

SORA_OPERATIONS = (CREATE_CHARACTER, CHARACTER_VIDEO, EDIT, EXTEND, REMIX)
