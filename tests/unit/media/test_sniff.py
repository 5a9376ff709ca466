from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.models import MediaKind
from bot.media.sniff import _BRANDS, _MAGIC, _MATROSKA, _RIFF, sniff
from bot.media.texts import FORMATS


@pytest.mark.parametrize(
    ("made_as", "content_type", "extension"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("GIF", "image/gif", ".gif"),
        ("WEBP", "image/webp", ".webp"),
        ("AVIF", "image/avif", ".avif"),
    ],
)
def test_images_made_by_pillow_are_known(made_as, content_type, extension):
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(out, made_as)
    assert sniff(out.getvalue()[:4096]) == (MediaKind.IMAGE, content_type, extension)


@pytest.mark.parametrize(
    ("head", "kind", "content_type"),
    [
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", MediaKind.VIDEO, "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", MediaKind.VIDEO, "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", MediaKind.VIDEO, "video/quicktime"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42", MediaKind.AUDIO, "audio/mp4"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", MediaKind.IMAGE, "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", MediaKind.IMAGE, "image/avif"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webmB\x87....V_VP9 A_OPUS", MediaKind.VIDEO, "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webmB\x87....A_OPUS", MediaKind.AUDIO, "audio/webm"),
        (b"\x1a\x45\xdf\xa3\xa3B\x82\x88matroskaB\x87", MediaKind.VIDEO, "video/x-matroska"),
        (b"RIFF\0\0\0\0AVI LIST", MediaKind.VIDEO, "video/x-msvideo"),
        (b"RIFF\0\0\0\0WAVEfmt ", MediaKind.AUDIO, "audio/wav"),
        (b"ID3\x04\0\0\0\0\0\0", MediaKind.AUDIO, "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", MediaKind.AUDIO, "audio/mpeg"),
        (b"\xff\xf1\x50\x80\0\0", MediaKind.AUDIO, "audio/aac"),
        (b"OggS\0\x02" + bytes(22) + b"\x01vorbis", MediaKind.AUDIO, "audio/ogg"),
        (b"OggS\0\x02" + bytes(22) + b"\x80theora", MediaKind.VIDEO, "video/ogg"),
        (b"fLaC\0\0\0\x22", MediaKind.AUDIO, "audio/flac"),
    ],
)
def test_sounds_and_videos_are_known_by_their_first_bytes(head, kind, content_type):
    assert sniff(head)[:2] == (kind, content_type)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"<!doctype html>",
        b'<?xml version="1.0"?><svg/>',
        b"<svg onload=alert(1)>",
        b"\xef\xbb\xbf<html>",
        b"PK\x03\x04",
        b"MZ\x90\0",
        b"\x7fELF",
        b"%PDF-",
        b"Rar!",
        b"\x1f\x8b\x08",
        b"BM6",
        b"RIFF\0\0\0\0CDXA",
        b"\x1a\x45\xdf\xa3junk",
        b"\xff\xff\xff\xff",
        b"\xfe\xff\0<",
        b"glTF\x02\0\0\0",
        b"plain text",
    ],
)
def test_everything_else_is_refused(head):
    assert sniff(head) is None


@given(st.binary(max_size=64))
def test_no_bytes_raise(head):
    sniff(head)
    for start in (b"\0\0\0\x18ftypmif1", b"\x1a\x45\xdf\xa3webm", b"OggS", b"\xff\xfb", b"RIFF"):
        sniff(start + head)


def test_the_refusal_names_every_format_that_is_known():
    found = [*(each for _, each in _MAGIC), *_RIFF.values(), *_BRANDS.values()]
    found += [each for pair in _MATROSKA.values() for each in pair]
    found += [sniff(b"OggS" + bytes(30)), sniff(b"\xff\xf1\x50\x80\0\0"), sniff(b"OggS" + bytes(30) + b"\x80theora")]
    names = {".jpg": "JPEG", ".heif": "HEIC"}
    for kind, _, extension in found:
        assert names.get(extension, extension[1:].upper()) in FORMATS[kind].upper().split(", ")
