"""The operations that finish a video or an image, as their pages in the API's docs describe them."""

from __future__ import annotations

from types import MappingProxyType

from bot.catalogue.field_builders import AUDIO, IMAGE, VIDEO, link, number, text
from bot.catalogue.fields import Field, FieldKind, Probe, ProbeKind
from bot.catalogue.operation import Model, Operation, Output
from bot.domain.models import MediaKind


def _length(name: str, source: str, about: str) -> Field:
    return number(name, "duration", about, unit="seconds", probe=Probe(ProbeKind.DURATION, source))


def _file_name(source: str) -> Field:
    return Field(
        name="file_name",
        kind=FieldKind.TEXT,
        label="file name",
        help="The file's name, e.g. clip.mp4; read from the link if left out",
        probe=Probe(ProbeKind.FILE_NAME, source),
    )


def _content_type(source: str) -> Field:
    return Field(
        name="content_type",
        kind=FieldKind.TEXT,
        label="content type",
        help="The file's MIME type, e.g. video/mp4; read from the file if left out",
        suggestions=("video/mp4", "image/jpeg"),
        probe=Probe(ProbeKind.CONTENT_TYPE, source),
    )


SUBTITLE_SETTINGS = Field(
    name="subtitle_settings",
    kind=FieldKind.OBJECT,
    label="subtitle settings",
    help='The look, as JSON, e.g. {"font": "Arial", "fontSize": 48, "color": "#FFFFFF"}',
    item_fields=(
        text("font", "font", "The typeface, e.g. Arial"),
        number("fontSize", "font size", "The size of the letters, e.g. 48"),
        text("color", "colour", "The colour of the letters, e.g. #FFFFFF"),
        text("strokeColor", "outline colour", "The colour of the outline, e.g. #000000"),
        number("strokeWidth", "outline width", "How thick the outline is, e.g. 4"),
    ),
    extra_keys=True,  # whether there are others, such as a position, is not documented
)

CAMERA_CONTROL = Field(
    name="camera_control",
    kind=FieldKind.OBJECT,
    label="camera control",
    help='How the camera moves, as JSON, e.g. {"zoom": 18, "pan": 0}',
    item_fields=(
        number("pan", "pan", "How far the camera turns to the side, e.g. 10"),
        number("tilt", "tilt", "How far the camera turns up or down, e.g. -5"),
        number("roll", "roll", "How far the camera leans, e.g. 3"),
        number("zoom", "zoom", "How far the camera zooms, e.g. 18"),
        number("horizontal", "horizontal move", "How far the camera moves to the side, e.g. 10"),
        number("vertical", "vertical move", "How far the camera moves up or down, e.g. 10"),
    ),
)

LIPSYNC = Operation(
    id="lipsync.generate",
    title="Generate Lip Sync",
    workflow="finish",
    fields=(
        link("video_url", "video", "The video whose lips are to move: a link", VIDEO, required=True),
        link("audio_url", "audio", "The speech that they follow: a link", AUDIO, required=True),
        _length("video_duration", "video_url", "The video's length in seconds; read from it if left out"),
        _length("audio_duration", "audio_url", "The speech's length in seconds; read from it if left out"),
        text("video_title", "video title", "A name for the video, e.g. Host, take 2"),
        text("audio_title", "audio title", "A name for the speech, e.g. Welcome line"),
    ),
    outputs=(
        Output(key="video_url", kind=MediaKind.VIDEO),
        Output(key="audio_url", kind=MediaKind.AUDIO, echo=True),
    ),
    # https://www.cannonstudio.app/developers/docs/operations/lipsync-generate
)

SUBTITLES = Operation(
    id="subtitles.generate",
    title="Generate Subtitles",
    workflow="finish",
    fields=(
        link("video_url", "video", "The video that gets subtitles: a link", VIDEO, required=True),
        _length("duration", "video_url", "The video's length in seconds; read from it if left out"),
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
        link("file_url", "file", "The picture or video that gets motion: a link", IMAGE | VIDEO, required=True),
        _file_name("file_url"),
        _content_type("file_url"),
        _length("duration", "file_url", "How long, in seconds, e.g. 6; a video's own length if left out"),
        text("motion", "motion", "The name of a ready-made motion, from Cannon Studio's app"),
        number("motion_scale", "motion scale", "How strong the motion is, e.g. 1", usual=(0, 10)),
        text("control_mode", "control mode", "camera_control to steer the camera yourself", seen=("camera_control",)),
        text("prompt", "prompt", "What moves and how, e.g. leaves drift, slow push in"),
        text("negative_prompt", "negative prompt", "What must not be seen, e.g. shaking, blur"),
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
        link("video_url", "video", "The video to make larger: a link", VIDEO, required=True),
        text("video_title", "video title", "A name for the video, e.g. Trailer"),
        _length("duration_seconds", "video_url", "The video's length in seconds; read from it if left out"),
        text("model", "model", "Which model does it, e.g. wavespeed; any id may be typed"),
        text(
            "target_resolution",
            "target resolution",
            "How large it gets, e.g. 4k (Wavespeed)",
            seen=("4k", "2k", "1080p"),
        ),
        Field(
            name="upscale_factor",
            kind=FieldKind.NUMBER,
            label="upscale factor",
            help="How many times larger: 1, 2 or 4 (Topaz Proteus)",
            choices_by_model=MappingProxyType({"topaz": (1, 2, 4), "*proteus*": (1, 2, 4)}),
            suggestions=(1, 2, 4),
        ),
        number(
            "target_fps",
            "frame rate",
            "How many frames a second it gets, e.g. 24 (Starlight 2.5 only)",
            unit="frames per second",
            seen=(24, 30, 60),
            usual=(1, 240),
        ),
        link("thumbnail_url", "thumbnail", "A still picture that stands for the video: a link", IMAGE),
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
