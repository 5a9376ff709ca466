"""From a member's words to what they ask for, by the word lists of words.toml; no grammar, no I/O.

What is said is the prompt. A ratio, a number of results, and a length are read in it; a word of another medium makes a
choice between two. No rule takes more than linear time (tests/contract/test_no_runaway_patterns.py tries each one).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.models import MediaKind
from bot.generation import texts
from bot.generation.again.next_steps import IMAGE, VIDEO
from bot.generation.again.rerun import COPIES_MAX, IMAGE_EDIT, LARGEST
from bot.generation.generation import FLAG
from bot.language import sentences

WORDS_MAX = 4000
"""Discord's limit of a message."""
AGAIN, VARY, NEXT_SHOT, TO_4K = "again", "vary", "next shot", "4k"
"""Choices besides operations."""
SPEECH, SOUND = "narration.generate", "soundfx.generate"
_LISTS = {
    VIDEO: "video",
    "music.generate": "music",
    SPEECH: "speech",
    SOUND: "sound",
    "video.upscale": "upscale",
    "subtitles.generate": "subtitles",
    "16:9": "wide",
    "9:16": "tall",
    "1:1": "square",
}
"""The lists of operations and ratios; others have the names of their rules."""
_OTHERS: Mapping[MediaKind | None, tuple[str, ...]] = {
    None: (VIDEO, "music.generate", SPEECH, SOUND),
    MediaKind.IMAGE: (VIDEO,),
    MediaKind.VIDEO: ("video.upscale", "subtitles.generate", SOUND),
    MediaKind.AUDIO: (),
}
"""What words lead to besides a new image or an edited one, by the medium that they are about."""
_WHAT = {
    None: (texts.WHAT_TO_SAY,),
    MediaKind.IMAGE: (texts.WHAT_OF_PICTURE,),
    MediaKind.VIDEO: (texts.WHAT_OF_VIDEO, texts.LIP_SYNC),
    MediaKind.AUDIO: (texts.LIP_SYNC,),
}
_LENGTHS = {VIDEO: "duration", "music.generate": "duration_seconds", SOUND: "duration_seconds"}
"""The field of an operation's length."""


@functools.cache
def lists() -> Mapping[str, Mapping[str, list[str]]]:
    """Return the word lists by language and meaning."""
    import tomllib  # noqa: PLC0415 - not needed by a start

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _words(meaning: str) -> str:
    """Return a group of all languages' words; none is a part of a longer word, in a language that has spaces."""
    if meaning == "number":
        return f"(?P<number>[1-9]\\d?|(?<![a-zà-ÿ])(?:{'|'.join(_numbers())}))"
    found = {language: "|".join(each[meaning]) for language, each in lists().items() if meaning in each}
    japanese = found.pop("ja", "(?!)")
    return rf"(?:(?<!\w)(?:{'|'.join(found.values())})(?!\w)|{japanese})"


@functools.cache
def _numbers() -> Mapping[str, int]:
    lines = [list(enumerate(each["numbers"], start=2)) for each in lists().values()]
    return {word: number for line in lines for number, words in line for word in words.split("|")}


@dataclass(frozen=True)
class _Rule:
    """A regular expression with the words of the lists that it names as `<again>`, compiled on first use."""

    template: str

    @functools.cached_property
    def regex(self) -> re.Pattern[str]:
        filled = re.sub(r"(?<!P)<(\w+)>", lambda found: _words(found[1]), self.template)
        return re.compile(filled, re.IGNORECASE)


_RULES = {name: _Rule(f"<{_LISTS.get(name, name)}>") for names in _OTHERS.values() for name in names}
_TALK, _HELP = _Rule("<talk>"), _Rule("<help>|<money>")
_ASKS = _Rule("<asks>.*(?:[?？]$|<money>)")
_ACTS = {
    act: _Rule(f"(?:{words})(?:,? <talk>)?")
    for act, words in (
        (AGAIN, "<again>"),
        (VARY, r"<vary>|(?:(?:<make>|<plus>)\s?)?<number>\s?<more>"),
        (TO_4K, "<upscale>"),
    )
}
_WHERE, _WHICH = _Rule(r"<joins>(?:\s[^\s,;:.!?]+){0,2}\s?$"), _Rule(r"-\w|\s?<heads>")
"""What is around a word that only describes: a fox in a film, a film poster."""
_AROUND = " .!?,…¡¿。！？、，"
_OF = r"(?: (?:of|about|von|mit|de|des|du|do|da|das)(?!\w)| d['’]|(?=\s*(?:[:,.!、]|$)))"
_COUNTS = (
    _Rule(rf"(?:^|[,;、，.]\s?|<make> )<number> <things>{_OF}\s?:?"),
    _Rule(r"(?<![\d.])<number>(?:枚|本|個)(?!の)"),
)
"""How many: at the start, as a clause, or behind a verb; elsewhere a number is a part of the picture."""
_LENGTH = _Rule(r"(?<![\d.:])<number>[ -]?<seconds>(?: <joins>)?")
_RATIO = re.compile(r"(?<![\d:.：/])(?P<width>\d{1,2}) ?[:：x×] ?(?P<height>\d{1,2})(?![\d:/])")
_RATIOS = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "4:5", "5:4"})
_SHAPES = {
    ratio: _Rule(
        rf"(?:(?:^|[,;、，]\s?|\s)<shape>\s|^|[,;、，]\s?)<{_LISTS[ratio]}>\s?(?:format)?(?:に|で)?(?:して)?[.!。！]?$"
    )
    for ratio in ("16:9", "9:16", "1:1")
}
"""A word for a shape, at the end: elsewhere it is a part of the picture."""
_JOINING = _Rule(r"(?:^|[,;、，]\s?|\s)<shape>\s?$")
"""What leads to a ratio: make it …, in …"""
_NOT_WORDS = re.compile(r"<a?:(\w{2,32}):\d{15,20}>|<(?:@[!&]?|#)\d{15,20}>")
_SPACES = re.compile(r"\s+")
_END_CHARS = 200
"""How much of a long text is searched for words; a prompt keeps all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a member means: what can be made, each with its values, to choose from; or a sentence, '' for silence."""

    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    count: int = 0
    """How many; 0 if that was not said."""
    sentence: str = ""


def clean_words(content: str, bot_id: int) -> str:
    """Return a message's words without mentions; a custom emoji is its name."""
    said = re.sub(rf"<@!?{bot_id}>", " ", content[:WORDS_MAX])
    return _joined(_NOT_WORDS.sub(lambda found: found[1] or "", said))


def is_addressed(content: str, bot_id: int) -> bool:
    """Whether a message begins or ends with a mention of the bot: it is addressed."""
    return re.search(rf"^\s*<@!?{bot_id}>|<@!?{bot_id}>[\s.!?]*$", content[:WORDS_MAX]) is not None


def read(said: str, about: MediaKind | None = None, *, is_file: bool = False, goes_on: bool = False) -> Reading:
    """Return what is meant; `about` is the kind of the medium that it is about. Never raises.

    `is_file`: it is no result, so it can't be repeated or varied. `goes_on`: the medium is a film, whose next shot is
    what other words are.
    """
    alone = said.strip(_AROUND)
    if _TALK.regex.fullmatch(alone):
        return Reading()
    if _HELP.regex.fullmatch(alone) or (len(said) <= _END_CHARS and _ASKS.regex.match(said)):
        return Reading(sentence=str(texts.WHAT_TO_SAY))
    what = sentences(*_WHAT[about], "" if about is None or is_file else texts.WHAT_OF_RESULT)
    for act, rule in _ACTS.items():
        found = None if about is None else rule.regex.fullmatch(alone)
        if found and act == TO_4K and about is MediaKind.IMAGE:
            return Reading(choices={IMAGE_EDIT if is_file else act: {"prompt": alone, "resolution": LARGEST}})
        if found and act != TO_4K:
            number = _number(found["number"]) if act == VARY and found["number"] else 0
            return Reading(sentence=what) if is_file else Reading(choices={act: {}}, count=min(number, COPIES_MAX))
    said, ratio = _shaped(said)
    said, count = _counted(said)
    choices = _choices(said, about, ratio, goes_on=goes_on)
    return Reading(choices=choices, count=min(count, COPIES_MAX), sentence="" if choices else what)


def _shaped(said: str) -> tuple[str, str]:
    """Return a prompt without its ratio, and that; words that say nothing else stay the prompt."""
    if FLAG.search(said):
        return said, ""  # they are read when it is sent
    for found in _RATIO.finditer(said):
        ratio = f"{int(found['width'])}:{int(found['height'])}"
        if ratio in _RATIOS:
            before = _JOINING.regex.sub("", said[: found.start()])
            return _joined(f"{before} {said[found.end() :]}") or said, ratio
    for ratio, rule in _SHAPES.items():
        word = rule.regex.search(said, max(0, len(said) - _END_CHARS))
        if word is not None:
            return _joined(said[: word.start()]) or said, ratio
    return said, ""


def _counted(said: str) -> tuple[str, int]:
    for rule in _COUNTS:
        if found := rule.regex.search(said, 0, _END_CHARS):
            return _joined(said[: found.start()] + said[found.end() :]), _number(found["number"])
    return said, 0


def _number(written: str) -> int:
    return _numbers().get(written.casefold()) or int(written)


def _choices(said: str, about: MediaKind | None, ratio: str, *, goes_on: bool) -> dict[str, dict[str, str]]:
    """Return the medium of the first word that names another one, and what words alone are."""
    seen = [(name, _RULES[name].regex.search(said, 0, _END_CHARS)) for name in _OTHERS[about]]
    first = min(((word.start(), name, word) for name, word in seen if word), default=None)
    plain = {None: IMAGE, MediaKind.IMAGE: IMAGE_EDIT}.get(about, NEXT_SHOT if goes_on else "")
    plainly = {plain: _values(plain, said, ratio, said)} if plain and said else {}
    if first is None:
        return plainly
    _, name, word = first
    if word[0] == said:
        return {} if about is None else {name: _values(name, "", ratio, said)}
    named = {name: _values(name, _prompt(name, said, word), ratio, said)}
    return named | plainly if _is_asked(name, said, word, about) else plainly | named


def _is_asked(name: str, said: str, word: re.Match[str], about: MediaKind | None) -> bool:
    """Return whether the word is what is asked for, not a part of its description: a film poster, a fox in a film."""
    before = _LENGTH.regex.sub("", said[: word.start()]).strip(_AROUND)
    if name == SPEECH and (not before or _TALK.regex.fullmatch(before)):
        return True
    if _WHICH.regex.match(said, word.end()):
        return False
    return about is not None or not _WHERE.regex.search(_LENGTH.regex.sub("", said[: word.start()]))


def _prompt(name: str, said: str, word: re.Match[str]) -> str:
    """Return what follows the word where that ends in a colon, or for a voice; else all of it."""
    rest = said[word.end() :].lstrip()
    is_inside = rest.startswith((":", "：")) or name == SPEECH
    return (_joined(rest) or _joined(said[: word.start()])) if is_inside else said


def _values(name: str, prompt: str, ratio: str, said: str) -> dict[str, str]:
    if name in {"video.upscale", "subtitles.generate"}:
        return {}
    length = _LENGTH.regex.search(said, 0, _END_CHARS) if name in _LENGTHS else None
    values = {
        "text" if name == SPEECH else "prompt": prompt,
        "aspect_ratio": ratio if name in {IMAGE, IMAGE_EDIT, VIDEO} else "",
        _LENGTHS.get(name, ""): "" if length is None else str(_number(length["number"])),
    }
    return {field_name: value for field_name, value in values.items() if value}


def _joined(said: str) -> str:
    return _SPACES.sub(" ", said).strip(" ,;:：、，；")
