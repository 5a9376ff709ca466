"""What a prompt asks to see: subject, place, hour, weather and colour, by words of six languages."""

from __future__ import annotations

import functools
import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.media.pen import Colour, rgb

SUBJECTS: Mapping[str, str] = {
    "lighthouse": "lighthouse leuchtturm phare faro farol 灯台",
    "fox": "fox foxes fuchs füchse renard zorro raposa キツネ 狐 きつね",
    "boat": (
        "boat sailboat yacht sail ship regatta boot segelboot schiff bateau voilier navire barco velero barcos veleiro "
        "navio ヨット 船 舟"
    ),
    "fishing boat": "harbor harbour trawler ferry quay hafen port puerto porto 漁船 港",
    "robot": "robot android robots roboter robô ロボット",
    "train": "train locomotive railway zug tren trem comboio 列車 電車 汽車",
    "cat": "cat kitten katze kätzchen chat gato gata 猫 ネコ ねこ",
    "owl": "owl eule hibou chouette búho coruja フクロウ ふくろう",
    "village": "village town house cottage dorf haus maison pueblo casa aldeia vila 村 家",
    "balloon": "balloon heißluftballon ballon globo balão montgolfière 気球 風船",
    "door": "door gate tür porte puerta porta ドア 扉",
    "market": "market bazaar stall markt marché mercado 市場",
    "wanderer": (
        "wanderer traveler traveller hiker person man woman girl boy wizard knight queen king hero samurai people "
        "mädchen junge frau mann femme homme fille mujer hombre niña mulher homem menina 人 少女 少年 女性 男性 侍"
    ),
    "poster": "poster flyer plakat affiche cartel cartaz ポスター",
}
"""By subject, its words. English plurals by "s" need no entry."""
SETTINGS: Mapping[str, str] = {
    "sea": (
        "sea ocean beach shore coast wave waves island harbor harbour quay cliff bay tide meer ozean strand küste mer "
        "plage côte mar playa costa praia oceano 海 海岸 浜 波"
    ),
    "lake": "lake river pond fjord lagoon see fluss lac rivière lago río rio 湖 川",
    "forest": "forest wood woods jungle woodland wald dschungel forêt bosque selva floresta 森",
    "desert": "desert dunes dune sahara canyon wüste désert desierto deserto 砂漠",
    "city": (
        "city street alley skyline downtown neon rooftop metropolis stadt straße gasse ville rue ciudad calle cidade "
        "rua 街 都市 東京"
    ),
    "interior": (
        "room indoors kitchen studio table library bedroom interior cafe window desk lamp lampe zimmer küche chambre "
        "cuisine habitación cocina quarto cozinha sala 部屋 室内"
    ),
    "mountains": (
        "mountain mountains alps peak peaks valley berg gebirge berge alpen montagne montagnes montaña montañas "
        "montanha montanhas 山 山脈"
    ),
    "hills": "hill hills meadow field garden countryside farm prairie wiese feld hügel garten pré champ colline jardin "
    "prado campo colina jardín 丘 草原 庭",
}
HOURS: Mapping[str, str] = {
    "dawn": (
        "dawn sunrise morning daybreak first morgen morgengrauen sonnenaufgang aube aurore matin amanecer "
        "alba manhã amanhecer 朝 夜明け"
    ),
    "noon": "noon day midday daylight sunny bright mittag tag sonnig midi jour mediodía soleado día dia 昼 晴れ",
    "sunset": (
        "sunset evening golden sundown abend sonnenuntergang soir coucher atardecer puesta entardecer pôr "
        "夕 夕日 夕焼け"
    ),
    "dusk": "dusk twilight blue-hour gloaming dämmerung crépuscule crepúsculo anochecer anoitecer 黄昏",
    "night": (
        "night midnight dark moonlight moonlit moons moon stars starry nacht mitternacht nuit minuit "
        "noche noite 夜 真夜中 月"
    ),
}
WEATHERS: Mapping[str, str] = {
    "fog": "fog foggy mist misty haze hazy smoke nebel neblig brume brouillard niebla neblina nevoeiro 霧",
    "rain": "rain rainy storm stormy drizzle wet regen sturm pluie orage lluvia tormenta chuva tempestade 雨 嵐",
    "snow": "snow snowy snowfall blizzard winter frost icy arctic glacier schnee neige hiver nieve nevando neve 雪 冬",
    "neon": "neon cyberpunk ネオン",
}
COLOURS: Mapping[str, tuple[str, str]] = {
    "red": ("red scarlet crimson rot rote roter rotes rouge rojo roja vermelho vermelha 赤 赤い", "c8452c"),
    "blue": ("blue azure blau blaue blauer bleu bleue azul 青 青い", "2f69ad"),
    "green": ("green emerald grün grüne vert verte verde 緑", "3f8a5a"),
    "yellow": ("yellow gelb gelbe jaune amarillo amarilla amarelo amarela 黄色", "e2b23a"),
    "orange": ("orange naranja laranja オレンジ", "dd7a30"),
    "purple": ("purple violet lila violett morado roxo 紫", "7a4a9c"),
    "pink": ("pink rosa ピンク", "d9739c"),
    "white": ("white weiß weiße blanc blanche blanco blanca branco branca 白 白い", "efece6"),
    "black": ("black schwarz schwarze noir noire negro negra preto preta 黒 黒い", "2c2a34"),
    "gold": ("gold golden doré dorado dourado 金", "d9a53c"),
}
WIDER = "wider wide far zoom out weiter larger panorama élargir lejos ampliar 広く 引き"
CLOSER = "closer close near bigger näher größer proche cerca perto 近く"
INSTEAD = re.compile(r"\b(instead|replace|turn \w+ into|becomes?|swap)\b")
VARY_STRONG = re.compile(r"keep the subject only|boldly|strong(ly)? vari|very different", re.IGNORECASE)
VARY_SUBTLE = re.compile(r"keep the subject and|small details|subtl[ey]|variation", re.IGNORECASE)
ORIGIN = re.compile(r"\bThe picture shows:")

HOMES: Mapping[str, tuple[str, ...]] = {
    "lighthouse": ("sea",), "boat": ("sea", "lake"), "fishing boat": ("sea",), "fox": ("forest", "hills"),
    "owl": ("forest",), "robot": ("city",), "cat": ("interior",), "poster": ("interior",), "market": ("city",),
    "train": ("desert", "mountains"), "village": ("sea", "mountains"), "door": ("wall",),
    "wanderer": ("mountains", "desert", "hills"),
}  # fmt: skip
"""Where a subject is seen, if the prompt does not say; the hills for the others."""
OPEN = ("lake", "hills", "mountains", "sea", "desert")
"""Where it is for a prompt without a known subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a picture shows. The same scene is always drawn alike; an edit changes some of it."""

    subject: str | None
    companion: str | None = None
    setting: str
    hour: str
    weather: frozenset[str] = frozenset()
    coat: Colour | None = None
    """The requested colour of the subject."""
    wash: Colour | None = None
    """The colour that an edit gave the whole picture."""
    zoom: float = 1.0
    moons: int = 1
    layout: str
    """Seed of the places of things."""
    look: int
    """Which of an hour's palettes it has; counts on without an end."""


@functools.cache
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in folded if not unicodedata.combining(each))


@functools.cache
def _table(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the words of a table, and those of scripts without spaces, with what each means."""
    tables: dict[str, Mapping[str, str]] = {
        "subjects": SUBJECTS, "settings": SETTINGS, "hours": HOURS, "weathers": WEATHERS,
        "colours": {key: words for key, (words, _) in COLOURS.items()},
        "zoom": {"wider": WIDER, "closer": CLOSER},
    }  # fmt: skip
    words: dict[str, str] = {}
    parts: dict[str, str] = {}
    for key, text in tables[name].items():
        for word in text.split():
            (words if word[0] < "\u2e80" else parts).setdefault(_plain(word), key)
    return words, parts


def _found(name: str, text: str) -> list[str]:
    """Return what a text names of a table, in the text's order, each once."""
    words, parts = _table(name)
    plain = _plain(text)
    hits = [(match.start(), words.get(match[0]) or words.get(match[0].removesuffix("s"))) for match in
            re.finditer(r"[^\W\d_]+", plain)]  # fmt: skip
    taken: list[range] = []
    for part in sorted(parts, key=len, reverse=True):
        start = plain.find(part)
        if start >= 0 and not any(start in each for each in taken):
            taken.append(range(start, start + len(part)))
            hits.append((start, parts[part]))
    return list(dict.fromkeys(key for _, key in sorted(hit for hit in hits if hit[1]) if key))


def _dice(*seeds: object) -> random.Random:
    return random.Random(":".join(map(str, seeds)))  # noqa: S311 - images, not secrets


def _number(seed: int | str) -> int:
    """Return a seed's number: a request's four results have consecutive ones, and so different hours and palettes."""
    text = str(seed)
    digits = text[len(text.rstrip("0123456789")) :]
    return int(digits[-6:]) if digits else _dice("seed", seed).randrange(60)


def scene_of(prompt: str, seed: int | str) -> Scene:
    """Return the scene of a prompt: its words decide what is seen, the seed how it is arranged."""
    subjects, settings, hours = _found("subjects", prompt), _found("settings", prompt), _found("hours", prompt)
    weather, colours = frozenset(_found("weathers", prompt)), _found("colours", prompt)
    fixed = _dice("prompt", prompt)
    turn = fixed.randrange(60) + _number(seed)
    subject = next(iter(subjects), None)
    if settings:
        setting = "lake" if "lake" in settings else settings[0]
    else:
        setting = fixed.choice(HOMES.get(subject or "", ("hills",)) if subject else OPEN)
    usual: tuple[str, ...] = ("dawn", "noon", "sunset", "dusk", "night", "sunset")
    if weather & {"rain", "snow", "fog"}:
        usual = ("dawn", "noon", "dusk")
    if "neon" in weather:
        usual = ("night",)
    return Scene(
        subject=subject,
        companion=next(iter(subjects[1:]), None),
        setting=setting,
        hour=hours[0] if hours else usual[turn % len(usual)],
        weather=weather,
        coat=rgb(COLOURS[colours[0]][1]) if colours and subject else None,
        wash=rgb(COLOURS[colours[0]][1]) if colours and not subject else None,
        moons=2 if re.search(r"two moons|moons", prompt.casefold()) else 1,
        layout=str(seed),
        look=turn + turn // len(usual),
    )


def edited(scene: Scene, order: str, seed: int | str) -> Scene:
    """Return a scene changed as an edit's prompt says; by its words, else in its colours."""
    order = ORIGIN.split(order)[0]
    if VARY_STRONG.search(order):
        return replace(scene, layout=str(seed), look=scene.look + 1)
    if VARY_SUBTLE.search(order):
        dice = _dice("vary", seed)
        return replace(
            scene, look=scene.look + dice.choice((1, 2)), zoom=scene.zoom * (1 + 0.05 * dice.choice((-1, 1)))
        )
    changed = _by_words(scene, order)
    return changed if changed != scene else replace(scene, look=scene.look + 1)


def _by_words(scene: Scene, order: str) -> Scene:
    subjects, hours, colours = _found("subjects", order), _found("hours", order), _found("colours", order)
    weather, settings = frozenset(_found("weathers", order)), _found("settings", order)
    others = [each for each in subjects if each != scene.subject]
    if others and (INSTEAD.search(order.casefold()) or scene.subject is None):
        scene = replace(scene, subject=others[0], coat=None)
    elif others:
        scene = replace(scene, companion=others[0])
    if settings:
        scene = replace(scene, setting=settings[0])
    if hours:
        scene = replace(scene, hour=hours[0])
    if re.search(r"\b(clear|no fog|without|remove|stop)\b", order.casefold()):
        scene = replace(scene, weather=frozenset() if not weather else scene.weather - weather)
    elif weather:
        scene = replace(scene, weather=scene.weather | weather)
    if colours:
        colour = rgb(COLOURS[colours[0]][1])
        scene = replace(scene, coat=colour, wash=colour)
    for kind in _found("zoom", order):
        scene = replace(scene, zoom=min(1.9, max(0.45, scene.zoom * (0.68 if kind == "wider" else 1.35))))
    return scene
