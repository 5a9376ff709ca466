"""What names a file's maker is taken out without decoding: what is drawn and played stays as it was."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.domain.models import MediaKind
from bot.media.fetcher import LocalFile
from bot.media.metadata import anonymous
from sandbox.media.render import mp4
from sandbox.media.words import scene_of

MODEL = b"seedream5"
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def written(folder: Path, data: bytes, kind: MediaKind, content_type: str) -> LocalFile:
    path = folder / "0.bin"
    path.write_bytes(data)
    return LocalFile(path=path, kind=kind, content_type=content_type, size=len(data), extension=".bin")


def image(form: str) -> bytes:
    """Return an image with the model's name in EXIF, XMP, text, and comments, as its format has them."""
    picture, file, exif = Image.effect_noise((64, 48), 40).convert("RGB"), io.BytesIO(), Image.Exif()
    exif[0x0131] = MODEL.decode()  # Software
    words = PngInfo()
    words.add_text("parameters", MODEL.decode())
    words.add_itxt("XML:com.adobe.xmp", MODEL.decode())
    more = {"pnginfo": words} if form == "PNG" else {"xmp": MODEL, **({"comment": MODEL} if form == "JPEG" else {})}
    picture.save(file, form, exif=exif, icc_profile=b"colours" * 20, **more)
    return file.getvalue()


@pytest.mark.parametrize("form", TYPES)
def test_an_image_loses_its_metadata_and_keeps_pixels_and_colours(tmp_path: Path, form: str):
    data = image(form)
    assert MODEL in data
    made = anonymous(written(tmp_path, data, MediaKind.IMAGE, TYPES[form]))
    left = made.path.read_bytes()
    assert MODEL not in left
    assert (made.extension, made.size) == (".png", len(left))
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(left))
    assert after.tobytes() == before.tobytes()
    assert after.info.get("icc_profile") == before.info.get("icc_profile")


def test_a_video_keeps_every_byte_in_its_place(tmp_path: Path):
    clip = mp4(scene_of("a fox", 0), seconds=1, size=(64, 64)).data
    data = clip + (8 + 16 + len(MODEL)).to_bytes(4, "big") + b"uuid" + bytes(16) + MODEL
    made = anonymous(written(tmp_path, data, MediaKind.VIDEO, "video/mp4"))
    left = made.path.read_bytes()
    assert (made.extension, made.size, len(left)) == (".mp4", len(data), len(data))
    assert MODEL not in left
    for name in (b"udta", b"uuid"):
        assert name not in left
    assert left[clip.index(b"mdat") :][:60] == clip[clip.index(b"mdat") :][:60]


def test_a_video_loses_its_encoders_note_and_no_picture(tmp_path: Path):
    data = mp4(scene_of("a fox", 0), seconds=1, size=(64, 64)).data
    assert b"x264 - core" in data
    left = anonymous(written(tmp_path, data, MediaKind.VIDEO, "video/mp4")).path.read_bytes()
    assert b"x264" not in left
    assert pictures(left) == pictures(data)


def pictures(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data)) as film:
        return [bytes(frame.planes[0]) for frame in film.decode(video=0)]


@pytest.mark.parametrize("form", ["webm", "matroska"])
def test_a_webm_loses_its_tags_and_names_of_programs(tmp_path: Path, form: str):
    file = tmp_path / "made"
    with av.open(str(file), "w", format=form) as made:
        made.metadata.update({"title": MODEL.decode(), "comment": MODEL.decode()})
        stream = made.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    data = file.read_bytes()
    assert MODEL in data
    assert b"Lavf" in data
    left = anonymous(
        written(tmp_path, data, MediaKind.VIDEO, f"video/{form.replace('mat', 'x-mat')}")
    ).path.read_bytes()
    assert len(left) == len(data)
    assert not [each for each in (MODEL, b"Lavf", b"Lavc") if each in left]
    with av.open(io.BytesIO(left)) as played:
        assert sum(1 for _ in played.decode(video=0)) == 10


@pytest.mark.parametrize("cut", [9, 30, 40, 200])
@pytest.mark.parametrize("form", TYPES)
def test_a_cut_image_is_no_error(tmp_path: Path, form: str, cut: int):
    anonymous(written(tmp_path, image(form)[:cut], MediaKind.IMAGE, TYPES[form]))
