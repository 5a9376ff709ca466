"""What is understood of what members say, and that nothing they say breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import MediaKind
from bot.generation import texts
from bot.generation.words.rules import Unclear, Wish, WordAct, clean_words, is_addressed, split_ratio, understand

IMAGE, VIDEO, AUDIO = (MediaKind.IMAGE,), (MediaKind.VIDEO,), (MediaKind.AUDIO,)


@pytest.mark.parametrize(
    ("said", "operation", "values"),
    [
        ("make it night, wider", "image.edit", {"prompt": "make it night", "aspect_ratio": "16:9"}),
        ("Make it night", "image.edit", {"prompt": "Make it night"}),
        ("please add a hat and make it square", "image.edit", {"prompt": "add a hat", "aspect_ratio": "1:1"}),
        ("make it 9x16", "image.edit", {"aspect_ratio": "9:16"}),
        ("a 16:9 view of the sea", "image.edit", {"prompt": "a view of the sea", "aspect_ratio": "16:9"}),
        ("at 12:45", "image.edit", {"prompt": "at 12:45"}),
        ("portrait", "image.edit", {"aspect_ratio": "9:16"}),
        ("give it a portrait of a king", "image.edit", {"prompt": "give it a portrait of a king"}),
        ("move the tree", "video.generate", {"prompt": "the tree"}),
        ("animate", "video.generate", {}),
        ("animate it: slow zoom", "video.generate", {"prompt": "slow zoom"}),
        ("bring it to life", "video.generate", {}),
        ("the fox runs away, as a video", "video.generate", {"prompt": "the fox runs away"}),
        ("turn this into a video, 9:16", "video.generate", {"aspect_ratio": "9:16"}),
        ("mach es nachts, breiter", "image.edit", {"prompt": "mach es nachts", "aspect_ratio": "16:9"}),
    ],
)
def test_words_about_a_picture_change_or_animate_it(said: str, operation: str, values: dict[str, str]) -> None:
    assert understand(said, IMAGE) == Wish(operation=operation, values=values)


@pytest.mark.parametrize("about", [IMAGE, VIDEO, AUDIO])
@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("again", Wish(act=WordAct.AGAIN)),
        ("Once more, please!", Wish(act=WordAct.AGAIN)),
        ("nochmal", Wish(act=WordAct.AGAIN)),
        ("vary", Wish(act=WordAct.VARY)),
        ("vary it strongly", Wish(act=WordAct.VARY, strength="strong")),
        ("strong variation", Wish(act=WordAct.VARY, strength="strong")),
    ],
)
def test_any_result_can_be_made_again_and_varied(said: str, wish: Wish, about: tuple[MediaKind, ...]) -> None:
    assert understand(said, about) == wish


@pytest.mark.parametrize(
    ("said", "about", "native", "operation", "values"),
    [
        ("upscale", VIDEO, False, "video.upscale", {}),
        ("add subtitles", VIDEO, False, "subtitles.generate", {}),
        ("Untertitel bitte", VIDEO, False, "subtitles.generate", {}),
        ("add the sound of rain", VIDEO, False, "soundfx.generate", {"prompt": "rain"}),
        ("lip sync", VIDEO, False, "lipsync.generate", {}),
        ("lip-sync", AUDIO, False, "lipsync.generate", {}),
        ("make it night", VIDEO, True, "sora2.video.remix", {"prompt": "make it night"}),
    ],
)
def test_words_about_a_video_or_a_sound_get_what_fits_it(
    said: str, about: tuple[MediaKind, ...], native: bool, operation: str, values: dict[str, str]
) -> None:
    assert understand(said, about, native=native) == Wish(operation=operation, values=values)


@pytest.mark.parametrize(
    ("said", "operation", "values"),
    [
        ("a fox in the snow, 16:9", "image.generate", {"prompt": "a fox in the snow", "aspect_ratio": "16:9"}),
        ("draw me a fox", "image.generate", {"prompt": "a fox"}),
        ("a picture of a video shop", "image.generate", {"prompt": "a video shop"}),
        ("video of a river, vertical", "video.generate", {"prompt": "a river", "aspect_ratio": "9:16"}),
        ("make me a short video about owls", "video.generate", {"prompt": "owls"}),
        ("music: slow jazz", "music.generate", {"prompt": "slow jazz"}),
        ("a song about the sea", "music.generate", {"prompt": "the sea"}),
        ("say: good evening", "narration.generate", {"text": "good evening"}),
        ("sound of a closing door", "soundfx.generate", {"prompt": "a closing door"}),
        ("ein Bild von einem Fuchs", "image.generate", {"prompt": "einem Fuchs"}),
    ],
)
def test_words_alone_make_something_new(said: str, operation: str, values: dict[str, str]) -> None:
    assert understand(said, ()) == Wish(operation=operation, values=values)


@pytest.mark.parametrize(
    ("said", "about", "sentence"),
    [
        ("thanks!", IMAGE, ""),
        ("Nice", (), ""),
        ("hello", (), ""),
        ("", (), str(texts.WHAT_TO_SAY)),
        ("help", (), str(texts.WHAT_TO_SAY)),
        ("video of", (), str(texts.WHAT_TO_SAY)),
        ("", IMAGE, str(texts.WHAT_OF_PICTURE)),
        ("upscale", IMAGE, str(texts.FOR_VIDEOS_ONLY)),
        ("subtitles", IMAGE, str(texts.FOR_VIDEOS_ONLY)),
        ("make it night", VIDEO, str(texts.WHAT_OF_VIDEO)),
        ("louder", AUDIO, str(texts.WHAT_OF_SOUND)),
    ],
)
def test_what_is_not_understood_is_said_so_and_small_talk_is_left_alone(
    said: str, about: tuple[MediaKind, ...], sentence: str
) -> None:
    assert understand(said, about) == Unclear(sentence=sentence)


@pytest.mark.parametrize(
    ("said", "is_short"),
    [
        ("with subtitles in white at bottom", True),
        ("with subtitles in white at the bottom", False),
        (f"subtitles {'x' * 50}", True),
        (f"subtitles {'x' * 51}", False),
    ],
)
def test_six_words_of_sixty_characters_are_for_subtitles_and_no_longer_text(said: str, is_short: bool) -> None:
    unclear = Unclear(sentence=str(texts.WHAT_OF_VIDEO))
    assert understand(said, VIDEO) == (Wish(operation="subtitles.generate") if is_short else unclear)


ANY = st.text(max_size=200) | st.lists(
    st.sampled_from(
        ["make", "it", "video", "of", "16:9", "99:99", ",", "and", "portrait", "say", "again", "<@1>", "\ud800"]
    )
).map(" ".join)


@given(ANY, st.sets(st.sampled_from(MediaKind)), st.booleans())
def test_nothing_that_is_said_raises_or_asks_for_nothing(said: str, about: set[MediaKind], native: bool) -> None:
    found = understand(said, about, native=native)
    if isinstance(found, Wish):
        assert bool(found.operation) == (found.act is WordAct.RUN)
        assert all(value for value in found.values.values())


@given(ANY)
def test_a_format_is_taken_out_once_and_only_one_that_exists(said: str) -> None:
    rest, ratio = split_ratio(said)
    assert len(rest) <= len(said)
    assert ratio == "" or ratio.count(":") == 1


def test_mentions_are_no_words_and_an_emoji_is_its_name() -> None:
    said = "<@!12345678901234567> a <:blue_fox:123456789012345678> for <@99999999999999999> <#11111111111111111>"
    assert clean_words(said, 12345678901234567) == "a blue_fox for"


@pytest.mark.parametrize(
    ("content", "expected"),
    [("<@1> a fox", True), ("a fox <@!1>", True), ("a fox <@1> please do", False), ("<@12> a fox", False), ("", False)],
)
def test_the_bot_is_spoken_to_at_the_start_or_the_end(content: str, expected: bool) -> None:
    assert is_addressed(content, 1) is expected
