"""From a member's words to what they ask for, by the word lists of words.toml; no grammar, no I/O.

What is said is the prompt. A ratio, a number of results, and a length are read in it; a word of another medium makes a
choice between two. No rule takes more than linear time (tests/contract/test_no_runaway_patterns.py tries each one).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.catalogue import Operation
from bot.domain.models import MediaKind
from bot.domain.words.text import reads_foreign_text
from bot.generation import texts
from bot.generation.again.next_steps import IMAGE, VIDEO
from bot.generation.again.rerun import COPIES_MAX, IMAGE_EDIT
from bot.generation.generation import Generation, ratio_field

WORDS_MAX = 4000
"""Discord's limit of a message."""
AGAIN, VARY, NEXT_SHOT = "again", "vary", "next shot"
"""Choices besides operations."""
SPEECH, SOUND = "narration.generate", "soundfx.generate"
_LISTS = {
    VIDEO: "video",
    "music.generate": "music",
    SPEECH: "speech",
    SOUND: "sound",
    "video.upscale": "upscale",
    "subtitles.generate": "subtitles",
    "lipsync.generate": "lipsync",
    "16:9": "wide",
    "9:16": "tall",
    "1:1": "square",
}
"""The lists of operations and ratios; others have the names of their rules."""
_OTHERS: Mapping[MediaKind | None, tuple[str, ...]] = {
    None: (VIDEO, "music.generate", SPEECH, SOUND),
    MediaKind.IMAGE: (VIDEO,),
    MediaKind.VIDEO: ("video.upscale", "subtitles.generate", "lipsync.generate", SOUND),
    MediaKind.AUDIO: ("lipsync.generate",),
}
"""What words lead to besides a new image or an edited one, by the medium that they are about."""
_WHAT = {
    None: texts.WHAT_TO_SAY,
    MediaKind.IMAGE: texts.WHAT_OF_PICTURE,
    MediaKind.VIDEO: texts.WHAT_OF_VIDEO,
    MediaKind.AUDIO: texts.WHAT_OF_SOUND,
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
        return f"(?P<number>[1-9]\\d?|{'|'.join(_numbers())})"
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
_TALK, _HELP, _ASKS, _MONEY = _Rule("<talk>"), _Rule("<help>"), _Rule("<asks>"), _Rule("<money>")
_ACTS = {AGAIN: _Rule("<again>"), VARY: _Rule("<vary>")}
_OF = r"(?: (?:of|about|von|mit|de|des|du|do|da|das)(?!\w)| d['’]|(?=\s*(?:[:,.!、]|$)))"
_COUNTS = (
    _Rule(rf"(?:^|[,;、，.]\s?|<make> )<number> <things>{_OF}\s?:?"),
    _Rule(r"(?<![\d.])<number>(?:枚|本|個)(?!の)"),
)
"""How many: at the start, as a clause, or behind a verb; elsewhere a number is a part of the picture."""
_LENGTH = _Rule(r"(?<![\w.:])<number>[ -]?<seconds>|(?<![\d.:])(?P<digits>\d{1,2})秒")
_RATIO = re.compile(r"(?<![\d:.：/])(?P<width>\d{1,2}) ?(?P<sign>[:：x×/]) ?(?P<height>\d{1,2})(?![\d:/])")
_RATIOS = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "4:5", "5:4"})
_SLASHED = frozenset({"16:9", "9:16", "21:9"})
"""Others are fractions where a slash is written: a 3/4 view."""
_SHAPES = {
    ratio: _Rule(
        rf"(?:(?:^|[,;、，]\s?|\s)<shape>\s|^|[,;、，]\s?)<{_LISTS[ratio]}>\s?(?:format)?(?:に|で)?(?:して)?[.!。！]?$"
    )
    for ratio in ("16:9", "9:16", "1:1")
}
"""A word for a shape, at the end: elsewhere it is a part of the picture."""
_JOINING = _Rule(r"(?:^|[,;、，]\s?|\s)<shape>\s?$")
"""What leads to a ratio: make it …, in …"""
_FLAGS = re.compile(r"(?:^|\s)(?=--[a-z]|—ar\s)", re.IGNORECASE)
"""Where the flags begin that people bring from other bots: all that follows is flags."""
_AR = re.compile(r"(?:--|—)(?:ar|aspect)[ =](?P<width>\d{1,2})[:x×/](?P<height>\d{1,2})(?!\d)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“„](?P<a>[^\"“”„]+)[\"“”]|«(?P<b>[^«»]+)»|「(?P<c>[^「」]+)」")
_PLEASE = re.compile(
    r"^(?:please|bitte|s['’]il (?:te|vous) pla[iî]t|por favor)\b[\s,]*"
    r"|(?<![\s,、])[\s,、]*(?:\b(?:please|bitte|s['’]il (?:te|vous) pla[iî]t|por favor)"
    r"|(?:を)?お願い(?:します)?|ください)[.!?。！？]*$",
    re.IGNORECASE,
)
_AROUND = " .!?,…¡¿。！？、，"
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
    dropped: str = ""
    """The flags that were left out."""
    sentence: str = ""


def clean_words(content: str, bot_id: int) -> str:
    """Return a message's words without mentions; a custom emoji is its name."""
    said = re.sub(rf"<@!?{bot_id}>", " ", content[:WORDS_MAX])
    return _joined(_NOT_WORDS.sub(lambda found: found[1] or "", said))


def is_addressed(content: str, bot_id: int) -> bool:
    """Whether a message begins or ends with a mention of the bot: it is addressed."""
    return re.search(rf"^\s*<@!?{bot_id}>|<@!?{bot_id}>[\s.!?]*$", content[:WORDS_MAX]) is not None


@reads_foreign_text("words")
def read(said: str, about: MediaKind | None = None, *, goes_on: bool = False) -> Reading:
    """Return what is meant; `about` is the kind of the medium that it is about. Never raises.

    `goes_on`: the medium is a film, whose next shot is what other words are.
    """
    said = _PLEASE.sub("", said.strip()).strip()
    whole = said.casefold().strip(_AROUND)
    if _TALK.regex.fullmatch(whole):
        return Reading()
    if _HELP.regex.fullmatch(whole) or _is_question(said, whole):
        return Reading(sentence=str(texts.WHAT_TO_SAY))
    for act, rule in _ACTS.items():
        if about is not None and rule.regex.fullmatch(whole):
            return Reading(choices={act: {}})
    said, ratio, dropped = _shaped(said)
    said, count = _counted(said)
    if count > COPIES_MAX:
        return Reading(sentence=texts.TOO_MANY_IN_WORDS(most=COPIES_MAX, count=count))
    choices = _choices(said, about, ratio, goes_on=goes_on)
    return Reading(choices=choices, count=count, dropped=dropped, sentence="" if choices else str(_WHAT[about]))


def without_flags(said: str) -> tuple[str, str, str]:
    """Return a prompt without flags such as `--ar 16:9 --v 7`, their ratio, and the others; '' for none."""
    start = _FLAGS.search(said)
    if start is None:
        return said, "", ""
    head, tail = said[: start.start()].rstrip(" ,"), said[start.end() :]
    found = _AR.search(tail)
    return (head, "", tail) if found is None else (head, _ratio(found), _joined(_AR.sub("", tail)))


def unflagged(generation: Generation, operation: Operation) -> tuple[Generation, str]:
    """Return a request without the flags of what a member typed, and those; a ratio becomes its option."""
    if not generation.typed:
        return generation, ""
    values, dropped = _unflagged(generation.values, operation)
    before = [replace(step, input=_unflagged(step.input, operation)[0]) for step in generation.before]
    return replace(generation, values=values, before=before), dropped


def _unflagged(values: Mapping[str, Any], operation: Operation) -> tuple[Mapping[str, Any], str]:
    prompt, name = values.get("prompt"), ratio_field(operation)
    if not isinstance(prompt, str):
        return values, ""
    rest, ratio, dropped = without_flags(prompt)
    shaped = {name: ratio} if ratio and operation.field(name) is not None else {}
    return {**shaped, **values, "prompt": rest}, dropped


def _ratio(found: re.Match[str]) -> str:
    return f"{int(found['width'])}:{int(found['height'])}"


def _is_question(said: str, whole: str) -> bool:
    if len(said) > _END_CHARS or not _ASKS.regex.match(said):
        return len(said) <= _END_CHARS and _MONEY.regex.fullmatch(whole) is not None
    return said.endswith(("?", "？")) or _MONEY.regex.search(whole) is not None


def _shaped(said: str) -> tuple[str, str, str]:
    said, ratio, dropped = without_flags(said)
    if ratio:
        return said, ratio, dropped
    for found in _RATIO.finditer(said):
        if _ratio(found) in (_SLASHED if found["sign"] == "/" else _RATIOS):
            before = _JOINING.regex.sub("", said[: found.start()])
            return _joined(f"{before} {said[found.end() :]}"), _ratio(found), dropped
    for ratio, rule in _SHAPES.items():
        word = rule.regex.search(said, max(0, len(said) - _END_CHARS))
        if word is not None:
            return _joined(said[: word.start()]), ratio, dropped
    return said, "", dropped


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
    choices = {}
    if first is not None:
        _, name, word = first
        if word[0] == said:
            return {} if about is None else {name: _values(name, "", ratio, said)}
        choices[name] = _values(name, _prompt(name, said, word), ratio, said)
    if plain and (said or ratio):
        choices[plain] = _values(plain, _bare(said), ratio, said)
    return choices


def _prompt(name: str, said: str, word: re.Match[str]) -> str:
    """Return what follows the word where that ends in a colon, or for a voice; else all of it."""
    rest = said[word.end() :].lstrip()
    is_inside = rest.startswith((":", "：")) or name == SPEECH
    return (_bare(rest) or _bare(said[: word.start()])) if is_inside else _bare(said)


def _values(name: str, prompt: str, ratio: str, said: str) -> dict[str, str]:
    if name in {"video.upscale", "subtitles.generate", "lipsync.generate"}:
        return {}
    length = _LENGTH.regex.search(said, 0, _END_CHARS) if name in _LENGTHS else None
    values = {
        "text" if name == SPEECH else "prompt": prompt,
        "aspect_ratio": ratio if name in {IMAGE, IMAGE_EDIT, VIDEO} else "",
        _LENGTHS.get(name, ""): "" if length is None else str(_number(length["number"] or length["digits"])),
    }
    return {field_name: value for field_name, value in values.items() if value}


def _bare(said: str) -> str:
    left = said.strip(" ,;:：、，；")
    quoted = _QUOTED.fullmatch(left)
    return left if quoted is None else next(each for each in quoted.groups() if each).strip() or left


def _joined(said: str) -> str:
    return _SPACES.sub(" ", said).strip(" ,;、，；")
