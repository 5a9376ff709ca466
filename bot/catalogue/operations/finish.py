"""Operations that finish a video or an image, from their pages in the API's docs."""

from __future__ import annotations

from types import MappingProxyType

from bot.catalogue.fields import AUDIO, IMAGE, VIDEO, Field, FieldKind, Probe, ProbeKind, link, number, text
from bot.catalogue.operation import Model, Operation, Output
from bot.domain.models import MediaKind


def _length(name: str, source: str, about: str) -> Field:
    return number(name, "duration", about, unit="seconds", probe=Probe(ProbeKind.DURATION, source))


def _file_name(source: str) -> Field:
    return Field(
        name="file_name",
        kind=FieldKind.TEXT,
        label="file name",
        help="File name, e.g. clip.mp4; read from the link by default",
        probe=Probe(ProbeKind.FILE_NAME, source),
    )


def _content_type(source: str) -> Field:
    return Field(
        name="content_type",
        kind=FieldKind.TEXT,
        label="content type",
        help="MIME type, e.g. video/mp4; read from the file by default",
        suggestions=("video/mp4", "image/jpeg"),
        probe=Probe(ProbeKind.CONTENT_TYPE, source),
    )


SUBTITLE_SETTINGS = Field(
    name="subtitle_settings",
    kind=FieldKind.OBJECT,
    label="subtitle settings",
    help='The look, as JSON, e.g. {"font": "Arial", "fontSize": 48, "color": "#FFFFFF"}',
    item_fields=(
        text("font", "font", "Font, e.g. Arial"),
        number("fontSize", "font size", "Font size, e.g. 48"),
        text("color", "color", "Text color, e.g. #FFFFFF"),
        text("strokeColor", "outline color", "Outline color, e.g. #000000"),
        number("strokeWidth", "outline width", "Outline width, e.g. 4"),
    ),
    extra_keys=True,  # others, such as a position, are undocumented
)

CAMERA_CONTROL = Field(
    name="camera_control",
    kind=FieldKind.OBJECT,
    label="camera control",
    help='Camera movement, as JSON, e.g. {"zoom": 18, "pan": 0}',
    item_fields=(
        number("pan", "pan", "Camera turn to the side, e.g. 10"),
        number("tilt", "tilt", "Camera turn up or down, e.g. -5"),
        number("roll", "roll", "Camera roll, e.g. 3"),
        number("zoom", "zoom", "Camera zoom, e.g. 18"),
        number("horizontal", "horizontal move", "Camera movement to the side, e.g. 10"),
        number("vertical", "vertical move", "Camera movement up or down, e.g. 10"),
    ),
)

LIPSYNC = Operation(
    id="lipsync.generate",
    title="Generate Lip Sync",
    workflow="finish",
    fields=(
        link("video_url", "video", "Link to the video to lip-sync", VIDEO, required=True),
        link("audio_url", "speech", "Link to the speech to sync with", AUDIO, required=True),
        _length("video_duration", "video_url", "Length of the video in seconds; read from the file by default"),
        _length("audio_duration", "audio_url", "Length of the speech in seconds; read from the file by default"),
        text("video_title", "video title", "Title of the video, e.g. Host, take 2"),
        text("audio_title", "speech title", "Title of the speech, e.g. Welcome line"),
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO), Output(key="audio_url", kind=MediaKind.AUDIO, echo=True)),
    # https://www.cannonstudio.app/developers/docs/operations/lipsync-generate
)

SUBTITLES = Operation(
    id="subtitles.generate",
    title="Generate Subtitles",
    workflow="finish",
    fields=(
        link("video_url", "video", "Link to the video to subtitle", VIDEO, required=True),
        _length("duration", "video_url", "Length of the video in seconds; read from the file by default"),
        _file_name("video_url"),
        _content_type("video_url"),
        SUBTITLE_SETTINGS,
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO),),
    # https://www.cannonstudio.app/developers/docs/operations/subtitles-generate
)

SMART_MOTION = Operation(
    id="smartmotion.generate",
    title="Generate Smart Motion",
    workflow="finish",
    fields=(
        link("file_url", "file", "Link to the image or video to animate", IMAGE | VIDEO, required=True),
        _file_name("file_url"),
        _content_type("file_url"),
        _length("duration", "file_url", "Length in seconds, e.g. 6; a video's own length by default"),
        text("motion", "motion", "Name of a motion preset from the Cannon Studio app"),
        number("motion_scale", "motion scale", "Strength of the motion, e.g. 1", usual=(0, 10)),
        text("control_mode", "control mode", "camera_control to control the camera yourself", seen=("camera_control",)),
        text("prompt", "prompt", "What moves and how, e.g. leaves drift, slow push in"),
        text("negative_prompt", "negative prompt", "What to avoid, e.g. shaking, blur"),
        CAMERA_CONTROL,
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO),),
    # https://www.cannonstudio.app/developers/docs/operations/smartmotion-generate
)

UPSCALE = Operation(
    id="video.upscale",
    title="Upscale Video",
    workflow="finish",
    fields=(
        link("video_url", "video", "Link to the video to upscale", VIDEO, required=True),
        text("video_title", "video title", "Title of the video, e.g. Trailer"),
        _length("duration_seconds", "video_url", "Length of the video in seconds; read from the file by default"),
        text("model", "model", "Model, e.g. wavespeed; you can type any model ID"),
        text(
            "target_resolution",
            "target resolution",
            "Target resolution, e.g. 4k (Wavespeed)",
            seen=("4k", "2k", "1080p"),
        ),
        Field(
            name="upscale_factor",
            kind=FieldKind.NUMBER,
            label="upscale factor",
            help="How many times larger: 1, 2, or 4 (Topaz Proteus)",
            choices_by_model=MappingProxyType({"topaz": (1, 2, 4), "*proteus*": (1, 2, 4)}),
            suggestions=(1, 2, 4),
        ),
        number(
            "target_fps",
            "frame rate",
            "Frames per second, e.g. 24 (Starlight 2.5 only)",
            unit="frames per second",
            seen=(24, 30, 60),
            usual=(1, 240),
        ),
        link("thumbnail_url", "thumbnail", "Link to a thumbnail image for the video", IMAGE),
    ),
    outputs=(Output(key="video_url", kind=MediaKind.VIDEO),),
    models=(
        Model(id="wavespeed", name="Wavespeed"),
        Model(id=None, name="Topaz Proteus"),
        Model(id=None, name="Starlight 2.5"),
        Model(id=None, name="Magnific Precision"),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/video-upscale
)

FINISH_OPERATIONS = (LIPSYNC, SUBTITLES, SMART_MOTION, UPSCALE)
