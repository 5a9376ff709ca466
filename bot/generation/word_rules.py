"""What members say to the bot in words, as the job that it is for. Rules alone, for English and German; no I/O.

A rule reads the start of what was said, its end, or the whole of it, never a word in the middle: "a portrait of a king"
is a subject, ", portrait" is a format. What no rule knows is a description, and never a guess at another operation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.models import MediaKind
from bot.generation import rewrite_prompts, texts

WORDS_MAX = 4000
"""Discord's own limit of a message."""


class WordAct(StrEnum):
    """What is done with a wish."""

    RUN = "run"
    """Its operation, on what it is about."""
    AGAIN = "again"
    VARY = "vary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was understood. `operation` is '' for a re-run or a variant; `values` are fields of its input."""

    act: WordAct = WordAct.RUN
    operation: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    strength: str = "subtle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """What was not understood. `sentence` says what would be; '' where silence is the best answer."""

    sentence: str = ""


_SMALL_TALK = frozenset(
    {
        *("thanks", "thank you", "thx", "ty", "danke", "danke dir", "nice", "cool", "wow", "great", "super", "toll"),
        *("good bot", "bad bot", "love it", "lol", "haha", "ok", "okay", "yes", "no", "schön", "good night"),
        *("hi", "hello", "hey", "hallo", "moin", "good morning", "guten morgen", "gute nacht"),
    }
)
_HELP = frozenset({"", "help", "hilfe", "?"})
_NOT_WORDS = re.compile(r"<a?:(\w{2,32}):\d{15,20}>|<(?:@[!&]?|#)\d{15,20}>")
_SPACES = re.compile(r"\s+")
_PLEASE = re.compile(
    r"^(?:please|bitte|can you|could you|kannst du)\b[\s,]*|[\s,]*\b(?:please|bitte)[.!?]*$", re.IGNORECASE
)
_AGAIN = frozenset(
    {
        *("again", "once more", "one more", "another", "another one", "redo", "re-run", "rerun", "run it again"),
        *("do it again", "repeat", "nochmal", "noch mal", "noch einmal", "nochmals", "wiederhole", "wiederholen"),
    }
)
_VARY = re.compile(
    r"(?:(?P<strength>subtle|slight|strong|wild|leichte?|starke?) )?"
    r"(?:vary|vary it|vary this|variation|variations|a variation|make a variation|variant|a variant|variiere|variante)"
    r"(?: (?:it |this )?(?P<how>subtly|slightly|strongly|wildly|leicht|stark))?",
    re.IGNORECASE,
)
_STRONG = frozenset({"strong", "wild", "strongly", "wildly", "starke", "stark"})
_IT = "(?:it|this|him|her|them|es|das)"
_FILM = "(?:an? |ein )?(?:video|clip|film)"
_ANIMATE = re.compile(
    rf"^(?:animate|animiere|move|bewege|bring {_IT} to life|make {_IT} move|(?:turn|make) {_IT} (?:into )?{_FILM}"
    rf"|make {_FILM}(?: of {_IT})?|als video|(?:as )?{_FILM}(?: of {_IT})?$)\b(?: {_IT}\b)?[\s,:.-]*",
    re.IGNORECASE,
)
_AS_VIDEO = re.compile(r"[\s,]*\b(?:as|into|als) (?:a |ein )?(?:video|clip|film)[.!]*$", re.IGNORECASE)
_UPSCALE = re.compile(r"^(?:upscale|hochskalieren|skaliere)\b", re.IGNORECASE)
_SUBTITLES = re.compile(r"\b(?:subtitles?|captions?|untertiteln?)\b", re.IGNORECASE)
_LIPSYNC = re.compile(r"^(?:lip ?-?sync|lippensynchron)\b", re.IGNORECASE)
_SOUND_OF = re.compile(
    r"^(?:add )?(?:a |the |some )?(?:sound(?: ?(?:effects?|fx))?|sounds|geräusche?)\b(?: (?:of|for|von))?[\s,:-]*",
    re.IGNORECASE,
)
_MAKE = "(?:make|create|generate|draw|paint|mache?|erstelle|erzeuge|male?|zeichne)"
_VERB = rf"(?:{_MAKE}(?: me| mir)? )?(?:an? |eine?n? |some )?"
_VIDEO_OF = re.compile(
    rf"^{_VERB}(?:short |kurzes )?(?:video|clip|film|animation)\b(?: (?:of|about|von|über))?[\s,:-]*", re.IGNORECASE
)
_MUSIC = re.compile(
    rf"^{_VERB}(?:music|song|track|soundtrack|musik|lied)\b(?: (?:of|about|for|von|über|für))?[\s,:-]*", re.IGNORECASE
)
_SAY = re.compile(r"^(?:say|read aloud|read out|speak|sage?|sprich|lies vor)\b[\s,:-]*", re.IGNORECASE)
_PICTURE_OF = re.compile(
    rf"^(?:/?imagine\b|(?:(?:draw|paint|male?|zeichne)(?: me| mir)?\b)|{_VERB}(?:picture|image|photo|bild|foto)\b"
    r"(?: (?:of|von))?)[\s,:-]*",
    re.IGNORECASE,
)
_NEW = (
    (_VIDEO_OF, "video.generate", "prompt"),
    (_MUSIC, "music.generate", "prompt"),
    (_SAY, "narration.generate", "text"),
    (_SOUND_OF, "soundfx.generate", "prompt"),
    (_PICTURE_OF, "image.generate", "prompt"),
)
"""How words begin that are about no file: the operation, and the field that takes the rest of them."""
_SHAPED = frozenset({"video.generate", "image.generate"})
"""The operations among those that have a format."""
SHORT_WORDS = 6
"""A longer text about subtitles is a description, not an order."""
_RATIO = re.compile(r"(?<![\d:.])(?:--ar )?(?P<width>\d{1,2}) ?[:x] ?(?P<height>\d{1,2})(?![\d:])")
_RATIOS = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "4:5", "5:4"})
_FORMATS = {
    **dict.fromkeys(("wide", "wider", "widescreen", "landscape", "breit", "breiter", "querformat"), "16:9"),
    **dict.fromkeys(("portrait", "vertical", "tall", "taller", "upright", "hochformat", "hochkant", "höher"), "9:16"),
    **dict.fromkeys(("square", "quadratisch", "quadrat"), "1:1"),
}
_CLAUSES = re.compile(r"\s*[,;.]\s*|\s+(?:and|und)\s+", re.IGNORECASE)
_AROUND_FORMAT = re.compile(
    r"^(?:(?:make|mach) (?:it|this|es)\s+|(?:in|as|im|als)\s+|(?:a )?(?:bit|little)\s+|etwas\s+)+"
    r"|\s+(?:format|mode|please|bitte)$",
    re.IGNORECASE,
)


def clean_words(content: str, bot_id: int) -> str:
    """Return what a member has said in a message, without mentions; a custom emoji is its name."""
    said = re.sub(rf"<@!?{bot_id}>", " ", content[:WORDS_MAX])
    return _SPACES.sub(" ", _NOT_WORDS.sub(lambda found: found[1] or "", said)).strip()


def is_addressed(content: str, bot_id: int) -> bool:
    """Whether a message begins or ends with a mention of the bot: it is spoken to rather than about."""
    return re.search(rf"^\s*<@!?{bot_id}>|<@!?{bot_id}>[\s.!?]*$", content[:WORDS_MAX]) is not None


def understand(said: str, about: Collection[MediaKind], *, native: bool = False) -> Wish | Unclear:
    """Return what `said` is for. `about` are the kinds of the file that it is about, () if it is about none.

    `native`: that is a video that Sora made. Never raises.
    """
    said = _PLEASE.sub("", said.strip()).strip()
    plain = said.casefold().strip(" .!?,")
    if plain in _SMALL_TALK:
        return Unclear()
    if not about:
        return Unclear(sentence=str(texts.WHAT_TO_SAY)) if plain in _HELP else _from_nothing(said)
    if plain in _AGAIN:
        return Wish(act=WordAct.AGAIN)
    varied = _VARY.fullmatch(plain)
    if varied is not None:
        is_strong = {varied["strength"], varied["how"]} & _STRONG
        return Wish(act=WordAct.VARY, strength="strong" if is_strong else "subtle")
    if MediaKind.IMAGE in about:
        return _from_picture(said)
    return _from_video(said, native=native) if MediaKind.VIDEO in about else _from_sound(said)


def _from_picture(said: str) -> Wish | Unclear:
    if not said:
        return Unclear(sentence=str(texts.WHAT_OF_PICTURE))
    if _UPSCALE.match(said) or _SUBTITLES.fullmatch(said):
        return Unclear(sentence=str(texts.FOR_VIDEOS_ONLY))
    said, ratio = split_ratio(said)
    shaped = {"aspect_ratio": ratio} if ratio else {}
    start, end = _ANIMATE.match(said), _AS_VIDEO.search(said)
    if start or end:
        rest = said[start.end() :] if start else said[: end.start()] if end else said
        return Wish(operation="video.generate", values={**_prompt(rest), **shaped})
    return Wish(operation="image.edit", values={"prompt": said or rewrite_prompts.reshape(ratio), **shaped})


def _from_video(said: str, *, native: bool) -> Wish | Unclear:
    if _UPSCALE.match(said):
        return Wish(operation="video.upscale")
    if _LIPSYNC.match(said):
        return Wish(operation="lipsync.generate")
    if _SUBTITLES.search(said) and len(said.split()) <= SHORT_WORDS:
        return Wish(operation="subtitles.generate")
    sound = _SOUND_OF.match(said)
    if sound is not None:
        return Wish(operation="soundfx.generate", values=_prompt(said[sound.end() :]))
    if native and said:
        return Wish(operation="sora2.video.remix", values={"prompt": said})
    return Unclear(sentence=str(texts.WHAT_OF_VIDEO))


def _from_sound(said: str) -> Wish | Unclear:
    if _LIPSYNC.match(said):
        return Wish(operation="lipsync.generate")
    return Unclear(sentence=str(texts.WHAT_OF_SOUND))


def _from_nothing(said: str) -> Wish | Unclear:
    for rule, operation, field_name in _NEW:
        found = rule.match(said)
        if found is not None:
            return _new(operation, field_name, said[found.end() :])
    return _new("image.generate", "prompt", said)


def _new(operation: str, field_name: str, said: str) -> Wish | Unclear:
    said, ratio = split_ratio(said) if operation in _SHAPED else (said, "")
    words = said.strip(" ,;:")
    if not words:
        return Unclear(sentence=str(texts.WHAT_TO_SAY))
    return Wish(operation=operation, values={field_name: words, **({"aspect_ratio": ratio} if ratio else {})})


def _prompt(said: str) -> dict[str, str]:
    left = said.strip(" ,;:")
    return {"prompt": left} if left else {}


def split_ratio(said: str) -> tuple[str, str]:
    """Return what was said without its format, and that as a ratio, '' for none.

    A ratio in numbers may stand anywhere; a word for one has to be a clause of its own.
    """
    for clause in _CLAUSES.split(said):
        bare = _AROUND_FORMAT.sub("", clause.strip(" .!?"))
        numbers = _RATIO.fullmatch(bare)
        ratio = _FORMATS.get(bare.casefold(), "") if numbers is None else _ratio_in(numbers)
        if ratio:
            return _without(said, clause), ratio
    for found in _RATIO.finditer(said):
        ratio = _ratio_in(found)
        if ratio:
            return _joined(f"{said[: found.start()]} {said[found.end() :]}"), ratio
    return said, ""


def _ratio_in(found: re.Match[str]) -> str:
    ratio = f"{int(found['width'])}:{int(found['height'])}"
    return ratio if ratio in _RATIOS else ""


def _without(said: str, clause: str) -> str:
    start = said.index(clause)
    before = re.sub(r"(?:\s*[,;.]\s*|\s+(?:and|und)\s*)$", "", said[:start], flags=re.IGNORECASE)
    after = re.sub(r"^(?:\s*[,;.!?]\s*|\s+(?:and|und)\s+)", "", said[start + len(clause) :], flags=re.IGNORECASE)
    return _joined(f"{before}, {after}" if before and after else before or after)


def _joined(said: str) -> str:
    return _SPACES.sub(" ", said).strip(" ,;")
