"""The video operation, from its page in the API's docs."""

from __future__ import annotations

from dataclasses import replace

from bot.catalogue.fields import (
    ASPECT_RATIOS,
    AUDIO,
    IMAGE,
    SORA_SECONDS_BY_MODEL,
    VIDEO,
    Field,
    FieldKind,
    flag,
    link,
    links,
    ratio,
    seed,
    text,
)
from bot.catalogue.operation import SORA_END, Model, Operation, Output
from bot.domain.models import MediaKind

DURATION = Field(
    name="duration",
    kind=FieldKind.NUMBER,
    label="duration",
    help="Length in seconds, e.g. 10",
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
        text("model", "model", "Model, e.g. seedance2 or wan27video; you can type any model ID"),
        DURATION,
        link("image_url", "start image", "Image that the video starts from", IMAGE),
        link("first_frame_url", "first frame", "Image of the first frame, for models that require it", IMAGE),
        link("source_video_url", "source video", "Video to continue (Wan 2.7)", VIDEO),
        link("first_clip_url", "first clip", "Video to continue, for models that require it here", VIDEO),
        links("reference_image_urls", "reference images", "Links to reference images, separated by spaces", IMAGE),
        link("end_image_url", "end image", "Image that the video ends on", IMAGE),
        link("last_frame_url", "last frame", "Image of the last frame, for models that require it", IMAGE),
        ratio(
            "aspect_ratio",
            "aspect ratio",
            "Width to height, e.g. 16:9",
            seen=(*ASPECT_RATIOS, "21:9"),
        ),
        text(
            "resolution",
            "resolution",
            "Resolution, e.g. 1080p",
            seen=("1080p", "720p", "480p"),
        ),
        link("audio_url", "audio", "Link to audio for the video (Wan 2.7)", AUDIO),
        text("negative_prompt", "negative prompt", "What to avoid, e.g. text, people, blur"),
        flag("prompt_extend", "prompt extension", "Let the model add detail to the prompt"),
        flag("watermark", "watermark", "Add the model's watermark to the video"),
        seed("Whole number, e.g. 42; the same seed gives a similar video"),
        flag("nsfw_checker", "NSFW check", "Let the provider check the video for adult content"),
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO),),
    models=(
        Model(id="seedance2", name="Seedance 2.0"),
        Model(id=None, name="Seedance 2.0 Fast"),
        Model(id="wan27video", name="Wan 2.7"),
        Model(id=None, name="Veo 3.1"),
        Model(id=None, name="Sora 2", end=SORA_END),
        Model(id=None, name="Grok"),
        Model(id=None, name="Nano Banana"),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/video-generate
)

VIDEO_OPERATIONS = (GENERATE,)
