"""What makes no sense is refused privately, in one sentence, before anything is held or sent."""

from __future__ import annotations

from tests.support.rig import Rig
from tests.support.surface import nothing_happened, private_sentence


async def test_nonsense_is_refused_before_it_is_paid(rig: Rig):
    for command, options, words in [
        ("image generate", {"prompt": "x", "aspect_ratio": "banana"}, "must be a ratio like 16:9; you gave banana."),
        ("audio soundfx", {"prompt": "x", "duration_seconds": 9999}, "between 0.5 and 60 seconds"),
        (
            "image generate",
            {"prompt": "x", "model": "gpt-image-2", "resolution": "4K", "aspect_ratio": "1:1"},
            "GPT Image 2",
        ),
    ]:
        assert words in private_sentence(await rig.member.slash(rig.channel, command, **options))
        await nothing_happened(rig)
