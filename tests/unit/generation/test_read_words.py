"""What is understood of what members say, in each language, and that nothing they say breaks it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.domain.models import MediaKind
from bot.generation import texts
from bot.generation.words import AGAIN, NEXT_SHOT, TO_4K, VARY, clean_words, is_addressed, lists, read
from bot.language import LANGUAGES, speaking
from cogs.member import texts as help_texts
from cogs.words import texts as offer_texts

IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO
NEW, EDIT, FILM, MUSIC = "image.generate", "image.edit", "video.generate", "music.generate"
VOICE, SOUND = "narration.generate", "soundfx.generate"

FIFTEEN = [
    ("a fox in the snow, 16:9", None, [NEW], {"prompt": "a fox in the snow", "aspect_ratio": "16:9"}, 0),
    ("video of a river", None, [FILM, NEW], {"prompt": "video of a river"}, 0),
    ("music: slow jazz", None, [MUSIC, NEW], {"prompt": "slow jazz"}, 0),
    ("say: welcome", None, [VOICE, NEW], {"text": "welcome"}, 0),
    ("make 4 pictures of a fox, 16:9", None, [NEW], {"prompt": "a fox", "aspect_ratio": "16:9"}, 4),
    ("make it night, wider", IMAGE, [EDIT], {"prompt": "make it night", "aspect_ratio": "16:9"}, 0),
    ("animate: slow zoom", IMAGE, [FILM, EDIT], {"prompt": "slow zoom"}, 0),
    ("animate", IMAGE, [FILM], {}, 0),
    ("again", IMAGE, [AGAIN], {}, 0),
    ("vary", IMAGE, [VARY], {}, 0),
    ("upscale", VIDEO, ["video.upscale"], {}, 0),
    ("subtitles", VIDEO, ["subtitles.generate"], {}, 0),
    ("sound of rain", VIDEO, [SOUND], {"prompt": "sound of rain"}, 0),
    ("make it 9x16", IMAGE, [EDIT], {"prompt": "make it 9x16", "aspect_ratio": "9:16"}, 0),
    ("ein Fuchs im Schnee, 16:9", None, [NEW], {"prompt": "ein Fuchs im Schnee", "aspect_ratio": "16:9"}, 0),
    ("Video von einem Fluss", None, [FILM, NEW], {"prompt": "Video von einem Fluss"}, 0),
    ("Musik: langsamer Jazz", None, [MUSIC, NEW], {"prompt": "langsamer Jazz"}, 0),
    ("sage: willkommen", None, [VOICE, NEW], {"text": "willkommen"}, 0),
    ("mach 4 Bilder von Füchsen, Querformat", None, [NEW], {"prompt": "Füchsen", "aspect_ratio": "16:9"}, 4),
    ("mach es nachts, breiter", IMAGE, [EDIT], {"prompt": "mach es nachts", "aspect_ratio": "16:9"}, 0),
    ("animiere: langsamer Zoom", IMAGE, [FILM, EDIT], {"prompt": "langsamer Zoom"}, 0),
    ("animiere", IMAGE, [FILM], {}, 0),
    ("nochmal", IMAGE, [AGAIN], {}, 0),
    ("variiere", IMAGE, [VARY], {}, 0),
    ("hochskalieren", VIDEO, ["video.upscale"], {}, 0),
    ("Untertitel bitte", VIDEO, ["subtitles.generate"], {}, 0),
    ("Geräusch von Regen", VIDEO, [SOUND], {"prompt": "Geräusch von Regen"}, 0),
    ("mach es 9:16", IMAGE, [EDIT], {"aspect_ratio": "9:16"}, 0),
]
"""The sentences that the guides and the bot's own answers show, in English and in German."""
NATURAL = [
    ("make a 10 second video of a fox running", None, [FILM, NEW], {"duration": "10"}, 0),
    ("a 5 second video of waves", None, [FILM, NEW], {"duration": "5"}, 0),
    ("mach ein 5 sekunden video von wellen", None, [FILM, NEW], {"duration": "5"}, 0),
    ("波の10秒の動画", None, [FILM, NEW], {"duration": "10"}, 0),
    ("30 seconds of music for a game", None, [MUSIC, NEW], {"duration_seconds": "30"}, 0),
    ("animate a fox", None, [FILM, NEW], {"prompt": "animate a fox"}, 0),
    ("sing me a waltz", None, [MUSIC, NEW], {"prompt": "sing me a waltz"}, 0),
    ("compose a lullaby", None, [MUSIC, NEW], {}, 0),
    ("read this aloud: welcome", None, [VOICE, NEW], {"text": "welcome"}, 0),
    ("draw me 4 variations of a red kite", None, [NEW], {"prompt": "a red kite"}, 4),
    ("40 images of a fox", None, [NEW], {"prompt": "a fox"}, 4),
    ("please make 2 pictures of a fox", None, [NEW], {"prompt": "a fox"}, 2),
    ("again please", IMAGE, [AGAIN], {}, 0),
    ("a ten-second clip of waves", None, [FILM, NEW], {"duration": "10"}, 0),
    ("two versions of a castle", None, [NEW], {"prompt": "a castle"}, 2),
    ("キツネを4枚描いて", None, [NEW], {"prompt": "キツネを描いて"}, 4),
    ("fais-moi 4 images de renards", None, [NEW], {"prompt": "renards"}, 4),
    ("haz 4 imágenes de zorros", None, [NEW], {"prompt": "zorros"}, 4),
    ("faça 4 imagens de raposas", None, [NEW], {"prompt": "raposas"}, 4),
    ("a fox 16x9", None, [NEW], {"prompt": "a fox", "aspect_ratio": "16:9"}, 0),
    ("a fox, 16×9", None, [NEW], {"prompt": "a fox", "aspect_ratio": "16:9"}, 0),
    ("a fox --ar 16:9 --v 7 --q 2", None, [NEW], {"prompt": "a fox --ar 16:9 --v 7 --q 2"}, 0),
    ("--ar 16:9 a fox", None, [NEW], {"prompt": "--ar 16:9 a fox"}, 0),
    ("a shop sign --big letters--, 16:9", None, [NEW], {"prompt": "a shop sign --big letters--"}, 0),
    ("please add a hat and make it square", IMAGE, [EDIT], {"prompt": "please add a hat", "aspect_ratio": "1:1"}, 0),
    ("夜にして、横長に", IMAGE, [EDIT], {"prompt": "夜にして", "aspect_ratio": "16:9"}, 0),
    ("a movie poster of a fox", None, [NEW, FILM], {"prompt": "a movie poster of a fox"}, 0),
    ("a clip art of a fox", None, [NEW, FILM], {}, 0),
    ("a film noir street", None, [NEW, FILM], {}, 0),
    ("4 movie posters", None, [NEW, FILM], {}, 0),
    ("a noise-cancelling headphone, product photo", None, [NEW, SOUND], {}, 0),
    ("a fox listening to music in a forest", None, [NEW, MUSIC], {}, 0),
    ("un bosque con música", None, [NEW, MUSIC], {}, 0),
    ("une chanson douce", None, [MUSIC, NEW], {}, 0),
    ("音楽を聴くキツネ", None, [NEW, MUSIC], {}, 0),
    ("a fox in the snow, video", None, [FILM, NEW], {}, 0),
    ("how about a fox in the snow?", None, [NEW], {}, 0),
    ("upscale", IMAGE, [TO_4K], {"resolution": "4K"}, 0),
    ("3 more like this", IMAGE, [VARY], {}, 3),
    ("noch drei davon", IMAGE, [VARY], {}, 3),
    ("encore trois comme ça", IMAGE, [VARY], {}, 3),
    ("otras tres como esta", IMAGE, [VARY], {}, 3),
    ("mais três como esta", IMAGE, [VARY], {}, 3),
    ("あと3枚", IMAGE, [VARY], {}, 3),
]


@pytest.mark.parametrize(("said", "about", "choices", "values", "count"), FIFTEEN + NATURAL)
def test_a_sentence_makes_these_choices_the_first_with_these_values(
    said: str, about: MediaKind | None, choices: list[str], values: dict[str, str], count: int
):
    found = read(said, about)
    assert (list(found.choices), found.count) == (choices, count)
    assert values.items() <= found.choices[choices[0]].items()


@pytest.mark.parametrize(
    "said",
    [
        *("a portrait of a king", "3/4 view of a car", "4 foxes in the snow", "ten pictures on a wall", "at 12:45"),
        *("a wall with 4 pictures of cats", "4枚の葉の絵を描いて", "how to train your dragon", "can you draw a fox?"),
        *("anime girl with a sword", "son chien court", "dis, the city of fire", "diente de león", "wie ein Traum"),
        *("a sage in the forest", "credits of a world, black and white", "a 24/7 shop", "an encore on a stage"),
    ],
)
def test_a_description_is_the_whole_prompt_of_an_image(said: str):
    assert read(said).choices == {NEW: {"prompt": said}}
    assert read(said).count == 0


@pytest.mark.parametrize(
    ("said", "about", "sentence"),
    [
        *((said, about, "") for said in ("thanks!", "Danke!", "ありがとう") for about in (None, IMAGE)),
        *((said, None, texts.WHAT_TO_SAY) for said in ("", "help", "Hilfe", "video")),
        *((said, None, texts.WHAT_TO_SAY) for said in ("how many credits do I have?", "my credits", "mein Guthaben?")),
        *((said, None, texts.WHAT_TO_SAY) for said in ("Wie viele Credits habe ich noch?", "what can you do?")),
        *((said, None, texts.WHAT_TO_SAY) for said in ("¿Cuántos créditos me quedan?", "クレジットはいくつですか？")),
        ("how do I animate this?", IMAGE, texts.WHAT_TO_SAY),
        ("", IMAGE, f"{texts.WHAT_OF_PICTURE} {texts.WHAT_OF_RESULT}"),
        ("make it night", VIDEO, f"{texts.WHAT_OF_VIDEO} {texts.LIP_SYNC} {texts.WHAT_OF_RESULT}"),
        ("lip sync it", VIDEO, f"{texts.WHAT_OF_VIDEO} {texts.LIP_SYNC} {texts.WHAT_OF_RESULT}"),
        ("louder", AUDIO, f"{texts.LIP_SYNC} {texts.WHAT_OF_RESULT}"),
    ],
)
def test_questions_make_nothing_and_small_talk_is_left_alone(said: str, about: MediaKind | None, sentence: object):
    found = read(said, about)
    assert (found.choices, found.sentence) == ({}, str(sentence))


@pytest.mark.parametrize("said", ["again", "vary", "3 more like this"])
def test_a_file_that_is_no_result_is_neither_repeated_nor_varied(said: str):
    assert (read(said, AUDIO, is_file=True).choices, read(said, AUDIO, is_file=True).sentence) == (
        {},
        str(texts.LIP_SYNC),
    )


def test_in_a_film_other_words_are_its_next_shot():
    assert list(read("the fox jumps", VIDEO, goes_on=True).choices) == [NEXT_SHOT]
    assert list(read("she reads the subtitles", VIDEO, goes_on=True).choices) == ["subtitles.generate", NEXT_SHOT]


def test_every_choice_has_a_question_or_is_one_of_two_and_exists():
    catalogue = Catalogue()
    for said, about, choices, *_ in FIFTEEN + NATURAL:
        assert len(choices) > 1 or choices[0] in offer_texts.MAKES, said
        assert all(catalogue.find(each) or each in {AGAIN, VARY, TO_4K} for each in choices), (said, about)


def test_lists_are_of_languages_that_there_are_and_have_the_same_meanings():
    assert lists().keys() <= LANGUAGES.keys()
    meanings = lists()["en"].keys()
    assert {language: meanings ^ each.keys() for language, each in lists().items() if language != "ja"} == {
        language: set() for language in lists() if language != "ja"
    }


QUOTED = re.compile(r"[“„](.+?)[”“]|«\s*(.+?)\s*»|「(.+?)」")


@pytest.mark.parametrize("language", lists())
def test_what_the_bot_says_to_say_is_understood_in_that_language(language: str):
    def kinds(text: object, about: MediaKind | None) -> list[str]:
        found = (read("".join(each), about).choices for each in QUOTED.findall(str(text)))
        return [first + ("+ratio" if "aspect_ratio" in each[first] else "") for each in found for first in [*each][:1]]

    with speaking(language):
        assert kinds(texts.WHAT_TO_SAY, None) == [f"{NEW}+ratio", FILM, MUSIC, VOICE]
        assert kinds(texts.WHAT_OF_PICTURE, IMAGE) == [f"{EDIT}+ratio", FILM]
        assert kinds(texts.WHAT_OF_VIDEO, VIDEO) == ["video.upscale", "subtitles.generate", SOUND]
        assert kinds(texts.WHAT_OF_RESULT, AUDIO) == [AGAIN, VARY, VARY]
        assert kinds(help_texts.LEGEND_WORDS, IMAGE) == [f"{EDIT}+ratio"]


PIECES = (
    *("make", "it", "video", "of", "16:9", "99:99", ",", "and", "portrait", "say", "again", "<@1>", "\ud800", "："),
    *("「", "」", "の", "動画", "4枚", "--ar", "--v 7", "ten", "second", "4", "pictures"),
)
ANY = st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map(" ".join)


@given(ANY, st.sampled_from([None, IMAGE, VIDEO, AUDIO]), st.booleans())
def test_nothing_that_is_said_raises_or_has_an_empty_value(said: str, about: MediaKind | None, goes_on: bool):
    found = read(said, about, goes_on=goes_on)
    assert not (found.choices and found.sentence)
    assert all(value for values in found.choices.values() for value in values.values())


def test_mentions_are_no_words_and_an_emoji_is_its_name():
    said = "<@!12345678901234567> a <:blue_fox:123456789012345678> for <@99999999999999999> <#11111111111111111>"
    assert clean_words(said, 12345678901234567) == "a blue_fox for"


@pytest.mark.parametrize(
    ("content", "expected"),
    [("<@1> a fox", True), ("a fox <@!1>", True), ("a fox <@1> please do", False), ("<@12> a fox", False), ("", False)],
)
def test_the_bot_is_spoken_to_at_the_start_or_the_end(content: str, expected: bool):
    assert is_addressed(content, 1) is expected
