"""What members say in each language; and that descriptions stay descriptions in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import MediaKind
from bot.generation import texts
from bot.generation.words.phrases import PHRASES
from bot.generation.words.rules import COUNT_MAX, Question, Unclear, Wish, WordAct, question_in, understand
from bot.language import LANGUAGES, speaking
from cogs.ui import texts as ui_texts
from cogs.words import texts as offer_texts

IMAGE, VIDEO, AUDIO = (MediaKind.IMAGE,), (MediaKind.VIDEO,), (MediaKind.AUDIO,)
AGAIN, VARY = Wish(act=WordAct.AGAIN), Wish(act=WordAct.VARY)
STRONG = Wish(act=WordAct.VARY, strength="strong")


def test_phrases_are_of_languages_that_there_are():
    assert PHRASES.keys() <= LANGUAGES.keys()


def misread(expected: Iterable[tuple[str, tuple[MediaKind, ...], Wish | Unclear]]) -> list[tuple[str, object]]:
    """Return what is understood as something else, with what it is understood as."""
    found = ((said, understand(said, about), right) for said, about, right in expected)
    return [(said, got) for said, got, right in found if got != right]


@pytest.mark.parametrize("language", PHRASES)
def test_each_word_for_again_is_understood_about_anything(language: str):
    assert not misread(
        (written, about, AGAIN)
        for said in PHRASES[language].again
        for written in (said, said.capitalize(), f"{said}!", f"{said}。")
        for about in (IMAGE, VIDEO, AUDIO)
    )


@pytest.mark.parametrize("language", PHRASES)
def test_small_talk_is_left_alone_and_a_word_for_help_is_answered_with_examples(language: str):
    phrases, examples = PHRASES[language], Unclear(sentence=str(texts.WHAT_TO_SAY))
    assert not misread((f"{said}！", about, Unclear()) for said in phrases.small_talk for about in ((), IMAGE, VIDEO))
    assert not misread((said, (), examples) for said in phrases.help)


@pytest.mark.parametrize("language", PHRASES)
def test_each_word_for_a_format_is_one_where_it_stands_alone(language: str):
    for ratio, words in PHRASES[language].formats.items():
        shaped = Wish(operation="image.edit", values={"aspect_ratio": ratio})
        made = Wish(operation="image.generate", values={"prompt": "abc", "aspect_ratio": ratio})
        assert not misread((word, IMAGE, shaped) for word in words)
        assert not misread((f"abc, {word}", (), made) for word in words)


MADE_AGAIN = [
    ("encore une fois, s'il te plaît", AGAIN),
    ("otra vez por favor", AGAIN),
    ("de novo, por favor!", AGAIN),
    ("もう一度お願いします", AGAIN),
    ("varie", VARY),
    ("une variante", VARY),
    ("varie un peu", VARY),
    ("varie beaucoup", STRONG),
    ("pouvez-vous varier ?", VARY),
    ("variez beaucoup, s'il vous plaît", STRONG),
    ("varíalo", VARY),
    ("variante fuerte", STRONG),
    ("uma variação", VARY),
    ("varie muito", STRONG),
    ("バリエーション", VARY),
    ("強いバリエーション", STRONG),
    ("大きく変化させてください", STRONG),
    ("variiere", VARY),
    ("starke Variante", STRONG),
]


def test_a_result_is_made_again_and_varied_in_every_language():
    assert not misread((said, about, wish) for said, wish in MADE_AGAIN for about in (IMAGE, VIDEO))


ABOUT_A_PICTURE = [
    ("mets-le de nuit, plus large", "image.edit", {"prompt": "mets-le de nuit", "aspect_ratio": "16:9"}),
    ("que sea de noche, más ancho", "image.edit", {"prompt": "que sea de noche", "aspect_ratio": "16:9"}),
    ("deixe de noite, em formato vertical", "image.edit", {"prompt": "deixe de noite", "aspect_ratio": "9:16"}),
    ("夜にして、横長に", "image.edit", {"prompt": "夜にして", "aspect_ratio": "16:9"}),
    ("夜にして、16：9で", "image.edit", {"prompt": "夜にして", "aspect_ratio": "16:9"}),
    ("夜にしてください", "image.edit", {"prompt": "夜にして"}),
    ("anime-la : zoom lent", "video.generate", {"prompt": "zoom lent"}),
    ("fais-la bouger", "video.generate", {}),
    ("animez-la : zoom lent", "video.generate", {"prompt": "zoom lent"}),
    ("anime\u202f: zoom lent", "video.generate", {"prompt": "zoom lent"}),
    ("rendez-la plus large", "image.edit", {"aspect_ratio": "16:9"}),
    ("anímalo: zoom lento", "video.generate", {"prompt": "zoom lento"}),
    ("el zorro corre, como vídeo", "video.generate", {"prompt": "el zorro corre"}),
    ("anime: zoom lento", "video.generate", {"prompt": "zoom lento"}),
    ("transforme em vídeo", "video.generate", {}),
    ("動かして：ゆっくりズーム", "video.generate", {"prompt": "ゆっくりズーム"}),
    ("動かして：「ゆっくりズーム」", "video.generate", {"prompt": "ゆっくりズーム"}),
    ("これを動画にして", "video.generate", {}),
    ("キツネが走る動画にして", "video.generate", {"prompt": "キツネが走る"}),
    ("anime style", "image.edit", {"prompt": "anime style"}),
    ("アニメにして", "image.edit", {"prompt": "アニメにして"}),
    ("escala de grises", "image.edit", {"prompt": "escala de grises"}),
    ("amplía la imagen a la izquierda", "image.edit", {"prompt": "amplía la imagen a la izquierda"}),
]


def test_a_picture_is_changed_and_animated_in_every_language():
    assert not misread(
        (said, IMAGE, Wish(operation=operation, values=values)) for said, operation, values in ABOUT_A_PICTURE
    )


ABOUT_MOTION_AND_SOUND = [
    ("agrandis la vidéo", VIDEO, "video.upscale", {}),
    ("amplíalo", VIDEO, "video.upscale", {}),
    ("amplie", VIDEO, "video.upscale", {}),
    ("高画質にして", VIDEO, "video.upscale", {}),
    ("ajoute des sous-titres", VIDEO, "subtitles.generate", {}),
    ("pon subtítulos", VIDEO, "subtitles.generate", {}),
    ("coloque legendas", VIDEO, "subtitles.generate", {}),
    ("字幕を付けて", VIDEO, "subtitles.generate", {}),
    ("ajoute un bruit de pluie", VIDEO, "soundfx.generate", {"prompt": "pluie"}),
    ("sonido de lluvia", VIDEO, "soundfx.generate", {"prompt": "lluvia"}),
    ("som de chuva", VIDEO, "soundfx.generate", {"prompt": "chuva"}),
    ("音：雨", VIDEO, "soundfx.generate", {"prompt": "雨"}),
    ("雨の音を付けて", VIDEO, "soundfx.generate", {"prompt": "雨"}),
    ("synchro labiale", AUDIO, "lipsync.generate", {}),
    ("sincronización labial", AUDIO, "lipsync.generate", {}),
    ("sincronia labial", AUDIO, "lipsync.generate", {}),
    ("リップシンク", AUDIO, "lipsync.generate", {}),
]


def test_videos_and_sounds_get_what_fits_them_in_every_language():
    assert not misread(
        (said, about, Wish(operation=operation, values=values))
        for said, about, operation, values in ABOUT_MOTION_AND_SOUND
    )


NEW = [
    ("vidéo d'une rivière, vertical", "video.generate", {"prompt": "une rivière", "aspect_ratio": "9:16"}),
    ("fais-moi une vidéo sur les hiboux", "video.generate", {"prompt": "les hiboux"}),
    ("faites-moi une vidéo sur les hiboux", "video.generate", {"prompt": "les hiboux"}),
    ("pourriez-vous créer une image de hiboux", "image.generate", {"prompt": "hiboux"}),
    ("dites : bonsoir", "narration.generate", {"text": "bonsoir"}),
    ("un vídeo corto de un río", "video.generate", {"prompt": "un río"}),
    ("hazme un video de un río", "video.generate", {"prompt": "un río"}),
    ("faça um vídeo sobre corujas", "video.generate", {"prompt": "corujas"}),
    ("動画：川", "video.generate", {"prompt": "川"}),
    ("川の動画", "video.generate", {"prompt": "川"}),
    ("川の動画を作って、縦長で", "video.generate", {"prompt": "川", "aspect_ratio": "9:16"}),
    ("musique : jazz lent", "music.generate", {"prompt": "jazz lent"}),
    ("música: jazz lento", "music.generate", {"prompt": "jazz lento"}),
    ("uma canção sobre o mar", "music.generate", {"prompt": "o mar"}),
    ("音楽：ゆったりしたジャズ", "music.generate", {"prompt": "ゆったりしたジャズ"}),
    ("海の曲を作って", "music.generate", {"prompt": "海"}),
    ("dis : « bonsoir »", "narration.generate", {"text": "bonsoir"}),
    ("di: bienvenidos", "narration.generate", {"text": "bienvenidos"}),
    ("diga: bem-vindos", "narration.generate", {"text": "bem-vindos"}),
    ("読み上げて：ようこそ", "narration.generate", {"text": "ようこそ"}),
    ("「ようこそ」と言って", "narration.generate", {"text": "ようこそ"}),
    ("say: “welcome”", "narration.generate", {"text": "welcome"}),
    ("le son d'une porte", "soundfx.generate", {"prompt": "une porte"}),
    ("波の音", "soundfx.generate", {"prompt": "波"}),
    ("dessine-moi un mouton", "image.generate", {"prompt": "un mouton"}),
    ("dibújame un zorro", "image.generate", {"prompt": "un zorro"}),
    ("desenhe uma raposa", "image.generate", {"prompt": "uma raposa"}),
    ("foto de un zorro", "image.generate", {"prompt": "un zorro"}),
    ("キツネを描いて", "image.generate", {"prompt": "キツネ"}),
    ("キツネの絵を描いてください", "image.generate", {"prompt": "キツネ"}),
    ("雪の中のキツネ、16:9", "image.generate", {"prompt": "雪の中のキツネ", "aspect_ratio": "16:9"}),
]


def test_words_alone_make_something_new_in_every_language():
    assert not misread((said, (), Wish(operation=operation, values=values)) for said, operation, values in NEW)


# ---------------------------------------------------------------------- what the bot tells members to say

QUOTED = re.compile(r"[“„](.+?)[”“]|«\s*(.+?)\s*»|「(.+?)」")


@pytest.mark.parametrize("language", PHRASES)
def test_what_the_bot_says_to_say_is_understood_in_that_language(language: str):
    def said(text: object) -> list[str]:
        return ["".join(found) for found in QUOTED.findall(str(text))]

    def kinds(text: object, about: tuple[MediaKind, ...]) -> list[str]:
        return [
            (each.operation or each.act.value) + ("+ratio" if "aspect_ratio" in each.values else "")
            for each in (understand(example, about) for example in said(text))
            if isinstance(each, Wish)
        ]

    with speaking(language):
        new = ["image.generate+ratio", "video.generate", "music.generate", "narration.generate"]
        assert kinds(texts.WHAT_TO_SAY, ()) == new
        assert kinds(texts.WHAT_OF_PICTURE, IMAGE) == ["image.edit+ratio", "video.generate", "vary"]
        of_video = ["video.upscale", "subtitles.generate", "soundfx.generate", "again", "vary"]
        assert kinds(texts.WHAT_OF_VIDEO, VIDEO) == of_video
        assert kinds(texts.WHAT_OF_SOUND, AUDIO) == ["again", "vary", "lipsync.generate"]
        assert kinds(texts.FOR_VIDEOS_ONLY, IMAGE) == ["video.generate", "again", "vary"]
        assert kinds(offer_texts.FILES_NOT_AGAIN, IMAGE) == ["again", "vary"]
        assert kinds(ui_texts.LEGEND_WORDS, IMAGE) == ["image.edit+ratio"]


# ---------------------------------------------------------------------- descriptions stay descriptions

SUBJECTS = {
    "en": (
        "a fox in the snow",
        "dis, the city of fire",
        "an encore on a stage",
        "anime girl with a sword",
        "pint of ale",
    ),
    "de": ("ein Fuchs im Schnee", "der Sagenwald", "Bilderrahmen im Museum", "Musikantin am Fluss", "Breite Straße"),
    "fr": (
        *("un renard dans la neige", "son chien court", "une pinte de bière"),
        *("encore des nuages au loin", "animaux de la ferme", "dispute dans un café", "portrait d'un roi"),
    ),
    "es": (
        *("un zorro en la nieve", "son de color rojo", "pinta de cerveza", "animales del bosque", "diente de león"),
        *("otra ciudad bajo el mar", "dinosaurio en la playa", "retrato de un rey", "leería junto al mar"),
    ),
    "pt-BR": (
        *("uma raposa na neve", "sombra de uma árvore", "animais da floresta", "outro mundo", "faladora na praça"),
        *("paisagem de montanha", "retrato de um rei", "pintura de um navio", "podengo na praia"),
    ),
    "ja": (
        *(
            "雪の中のキツネ",
            "横断歩道を渡る猫",
            "言葉の海",
            "音楽家の肖像",
            "動画編集者の机",
            "富士山の写真",
            "縦笛を吹く少年",
        ),
        *("歌う少女", "絵の具のパレット", "もう一度会いたい人", "読んでいる少女"),
    ),
}
PLAIN = [subject for each in SUBJECTS.values() for subject in each]
WHERE = ("", " at dawn", " am Abend", " sous la pluie", " al atardecer", " no inverno")


@pytest.mark.parametrize("language", PHRASES)
def test_a_description_is_one_in_every_language(language: str):
    subjects = SUBJECTS[language]
    assert not misread((each, (), Wish(operation="image.generate", values={"prompt": each})) for each in subjects)
    assert not misread((each, IMAGE, Wish(operation="image.edit", values={"prompt": each})) for each in subjects)


@given(st.sampled_from(PLAIN), st.sampled_from(WHERE), st.text("abcdefgéñçõ漢字 ", max_size=40))
def test_what_stands_behind_a_description_does_not_make_it_an_order(subject: str, where: str, more: str):
    said = " ".join(f"{subject}{where} {more}x".split())
    assert understand(said, ()) == Wish(operation="image.generate", values={"prompt": said})
    assert understand(said, IMAGE) == Wish(operation="image.edit", values={"prompt": said})


WORDS = st.lists(
    st.sampled_from(
        [word for each in PHRASES.values() for word in (*each.again, *each.small_talk)]
        + [
            "dis",
            ":",
            "：",
            "「",
            "」",
            "«",
            "»",
            "の",
            "動画",
            "を",
            "vidéo",
            "de",
            "d'",
            "16：9",
            "、",
            "y",
            "e",
            "em",
        ]
    ),
    max_size=12,
)


@given(WORDS, st.sampled_from(["", " "]), st.sets(st.sampled_from(MediaKind)), st.booleans())
def test_no_mixture_raises_or_asks_for_nothing(words: list[str], between: str, about: set[MediaKind], native: bool):
    found = understand(between.join(words), about, native=native)
    if isinstance(found, Wish):
        assert bool(found.operation) == (found.act is WordAct.RUN)
        assert all(value for value in found.values.values())


# ---------------------------------------------------------------------- how many, and questions

COUNTED = {
    "en": (
        "make 4 pictures of a fox, 16:9",
        "four images of a fox, wide",
        "a fox, 4 photos, 16:9",
        "draw me 4 pictures: a fox, 16:9",
    ),
    "de": ("mach 4 Bilder von a fox, 16:9", "vier Bilder von a fox, Querformat", "a fox, 4 Fotos, 16:9"),
    "fr": ("fais-moi 4 images de a fox, 16:9", "quatre photos de a fox, paysage", "a fox, 4 dessins, 16:9"),
    "es": ("haz 4 imágenes de a fox, 16:9", "cuatro fotos de a fox, apaisado", "a fox, 4 dibujos, 16:9"),
    "pt-BR": ("faça 4 imagens de a fox, 16:9", "quatro fotos de a fox, paisagem", "a fox, 4 desenhos, 16:9"),
    "ja": ("16:9、a foxの絵を4枚描いて", "16:9、a foxの画像を四枚作ってください", "16:9、a foxの写真4枚お願いします"),
}
"""Four wide pictures of a fox."""
CREDITS = {
    "en": (
        "How many credits do I have left?",
        "how much can I spend today?",
        "what's my balance?",
        "my credits",
        "how much have I spent this week",
    ),
    "de": (
        "Wie viele Credits habe ich noch?",
        "wie viel kann ich heute noch ausgeben?",
        "mein Guthaben",
        "wie hoch ist mein Limit?",
    ),
    "fr": (
        "Combien de crédits me reste-t-il ?",
        "combien puis-je dépenser aujourd'hui ?",
        "mon solde",
        "il me reste combien de crédits ?",
    ),
    "es": ("¿Cuántos créditos me quedan?", "¿cuánto puedo gastar hoy?", "mi saldo", "cuantos creditos tengo"),
    "pt-BR": ("Quantos créditos eu ainda tenho?", "quanto posso gastar hoje?", "meu saldo", "qual é o meu limite?"),
    "ja": (
        "クレジットはあとどれくらい残っていますか？",
        "残りのクレジットは？",
        "残高を教えてください",
        "あと何クレジット使えますか？",
    ),
}
HOW = {
    "en": (
        "How do I make a video?",
        "how can I change my voice",
        "what can you do?",
        "how to animate a picture?",
        "how does this work?",
    ),
    "de": ("Wie mache ich ein Video?", "wie kann ich ein Bild animieren", "Was kannst du?", "wie funktioniert das?"),
    "fr": (
        "Comment je fais une vidéo ?",
        "comment puis-je animer une image",
        "que peux-tu faire ?",
        "comment ça marche ?",
    ),
    "es": ("¿Cómo hago un vídeo?", "como puedo animar una imagen", "¿Qué puedes hacer?", "¿cómo funciona?"),
    "pt-BR": ("Como faço um vídeo?", "como posso animar uma imagem", "o que você sabe fazer?", "como funciona?"),
    "ja": ("動画はどうやって作りますか？", "どうすれば絵を動かせますか", "何ができますか？", "動画の作り方を教えて"),
}


@pytest.mark.parametrize("language", PHRASES)
def test_a_number_of_pictures_is_how_many_are_made(language: str):
    four = Wish(operation="image.generate", values={"prompt": "a fox", "aspect_ratio": "16:9"}, count=4)
    assert not misread((said, (), four) for said in COUNTED[language])


@pytest.mark.parametrize("language", PHRASES)
def test_questions_are_no_requests(language: str):
    asked = [
        *((said, Question.CREDITS) for said in CREDITS[language]),
        *((said, Question.HOW) for said in HOW[language]),
    ]
    assert [(said, found) for said, right in asked if (found := question_in(said)) is not right] == []
    assert [said for said in COUNTED[language] if question_in(said)] == []


@pytest.mark.parametrize(
    "said",
    [
        "4 foxes in the snow",
        "four horsemen",
        "ten pictures on a wall",
        "2 cats, 3 dogs",
        "4枚の葉の絵を描いて",
        "vier Reiter",
        "a wall with 4 pictures of cats",
    ],
)
def test_numbers_in_a_subject_stay_there(said: str):
    found = understand(said, ())
    assert isinstance(found, Wish)
    assert (found.count, found.operation) == (0, "image.generate")


@pytest.mark.parametrize("said", ["make 5 pictures of a fox", "40 images of a fox"])
def test_more_than_a_command_makes_is_refused_with_what_would_work(said: str):
    wanted = int("".join(filter(str.isdigit, said)))
    assert understand(said, ()) == Unclear(sentence=texts.TOO_MANY_IN_WORDS(most=COUNT_MAX, count=wanted))


@pytest.mark.parametrize(
    "said",
    [
        "how to train your dragon",
        "a credits roll",
        "credits of a film, black and white",
        "a balance on a table",
        "how a fox sees",
        "wie ein Traum",
        "comme un rêve",
        "what a fox",
        "my limit is the sky, poster",
        "can you draw a fox?",
        "como un sueño",
        "残高照会画面の絵を描いて",
    ],
)
def test_descriptions_that_look_like_questions_are_made(said: str):
    assert question_in(said) is None
