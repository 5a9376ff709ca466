"""Another delivery of a spoken text keeps its words and stays within what a voice can do."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.generation.again.rerun import TONES, delivered_otherwise, is_spoken

NARRATION = Catalogue().get("narration.generate")
NUMBER = st.none() | st.floats(0, 2, allow_nan=False).map(lambda value: round(value, 2))


@given(st.sampled_from(["subtle", "strong"]), NUMBER, NUMBER, st.sampled_from([None, *TONES]), st.integers())
def test_the_words_and_the_voice_stay_and_the_rest_stays_in_range(strength, speed, stability, tone, seed):
    given_values = {"text": "Hello", "voice_id": "v", "speed": speed, "stability": stability, "tone": tone}
    values = {name: value for name, value in given_values.items() if value is not None}
    made = delivered_otherwise(NARRATION, values, strength, random.Random(seed))
    assert (made["text"], made["voice_id"]) == ("Hello", "v")
    assert 0.7 <= made["speed"] <= 1.2
    assert 0 <= made["stability"] <= 1
    assert made != values
    if strength == "strong":
        assert made["tone"] != tone
    else:
        assert made.get("tone") == tone


def test_what_is_not_spoken_has_no_other_delivery():
    assert is_spoken(NARRATION, {"text": "Hello"})
    assert not is_spoken(NARRATION, {})
    assert not is_spoken(Catalogue().get("music.generate"), {"text": "Hello"})
    silent = replace(NARRATION, fields=tuple(each for each in NARRATION.fields if each.name in {"text", "voice_id"}))
    assert not is_spoken(silent, {"text": "Hello"})
