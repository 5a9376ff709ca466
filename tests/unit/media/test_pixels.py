"""Width and height by an image's header alone, as Pillow writes it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from bot.media.sniff import pixels


@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_a_header_says_the_size(format_: str, options: dict[str, Any]) -> None:
    written = io.BytesIO()
    Image.new("RGB", (300, 170), "teal").save(written, format_, **options)
    assert pixels(written.getvalue()) == (300, 170)


def test_an_extended_webp_says_the_size_of_its_canvas() -> None:
    written = io.BytesIO()
    frames = [Image.new("RGBA", (300, 170), color) for color in ("red", "blue")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    assert written.getvalue()[12:16] == b"VP8X"
    assert pixels(written.getvalue()) == (300, 170)


@pytest.mark.parametrize("head", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x02" * 3, b"RIFF\0\0\0\0WEBPxxxx", b"text"])
def test_what_does_not_say_it_has_none(head: bytes) -> None:
    assert pixels(head) is None
