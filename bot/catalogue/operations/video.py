"""The operation that makes a video, as its page in the API's docs describes it."""

from __future__ import annotations

from dataclasses import replace

from bot.catalogue.field_builders import (
    ASPECT_RATIOS,
    AUDIO,
    IMAGE,
    SORA_SECONDS_BY_MODEL,
    VIDEO,
    flag,
    link,
    links,
    ratio,
    seed,
    text,
)
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import SORA_ENDS, Model, Operation, Output
from bot.domain.models import MediaKind

DURATION = Field(
    name="duration",
    kind=FieldKind.NUMBER,
    label="duration",
    help="How long, in seconds, e.g. 10; Sora 2 takes 4, 8, 12, 16 or 20",
    unit="seconds",
    usual=(1, 60),
    choices_by_model=SORA_SECONDS_BY_MODEL,
    suggestions=(4, 5, 8, 10, 12, 15),
)
"""Of the suggestions, only 10 is on the page; the same models accept the others elsewhere."""

GENERATE = Operation(
    id="video.generate",
    title="Generate Video",
    workflow="video",
    fields=(
        replace(
            text("prompt", "prompt", "What happens, e.g. waves break on a lighthouse, slow zoom in", required=True),
            rule_inferred=True,
        ),
        text("model", "model", "Which model films it, e.g. seedance2 or wan27video; any id may be typed"),
        DURATION,
        link("image_url", "start picture", "The picture that the video starts from", IMAGE),
        link("first_frame_url", "first frame", "The picture of the first frame, for models that name it so", IMAGE),
        link("source_video_url", "source clip", "The clip that the video goes on from (Wan 2.7)", VIDEO),
        link("first_clip_url", "first clip", "The clip to go on from, for models that name it so", VIDEO),
        links("reference_image_urls", "reference images", "Links to pictures to follow, with spaces between", IMAGE),
        link("end_image_url", "end picture", "The picture that the video ends on", IMAGE),
        link("last_frame_url", "last frame", "The picture of the last frame, for models that name it so", IMAGE),
        ratio(
            "aspect_ratio",
            "aspect ratio",
            "Width to height, e.g. 16:9; Sora 2 makes portrait or landscape only",
            seen=(*ASPECT_RATIOS, "21:9"),
        ),
        text(
            "resolution",
            "resolution",
            "How sharp, e.g. 1080p (on Sora it needs the Pro tier)",
            seen=("1080p", "720p", "480p"),
        ),
        link("audio_url", "audio", "The sound that goes with it: a link (Wan 2.7)", AUDIO),
        text("negative_prompt", "negative prompt", "What must not be seen, e.g. text, people, blur"),
        flag("prompt_extend", "prompt extension", "Whether the model may add detail to the prompt"),
        flag("watermark", "watermark", "Whether the model puts its watermark on the video"),
        seed("A whole number; the same seed gives a similar video again, e.g. 42"),
        flag("nsfw_checker", "NSFW check", "Whether the provider checks the video for adult content"),
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO),),
    models=(
        Model(id="seedance2", name="Seedance 2.0"),
        Model(id=None, name="Seedance 2.0 Fast"),
        Model(id="wan27video", name="Wan 2.7"),
        Model(id=None, name="Veo 3.1"),
        Model(id=None, name="Sora 2", ends=SORA_ENDS),
        Model(id=None, name="Grok"),
        Model(id=None, name="Nano Banana"),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/video-generate
)

VIDEO_OPERATIONS = (GENERATE,)
