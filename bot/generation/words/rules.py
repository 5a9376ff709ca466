"""From members' words to a job. Rules for all languages at once; no I/O.

A rule reads the start, the end, or the whole text, never a word in the middle: "a portrait of a king" is a subject, ",
portrait" is a format. Anything else is a description, never a guess at another operation. Rules see only the two ends
of a long text; a prompt keeps all of it. No rule takes more than linear time
(tests/contract/test_no_runaway_patterns.py tries each one).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.models import MediaKind
from bot.domain.words.text import reads_foreign_text
from bot.generation import texts
from bot.generation.words.phrases import PHRASES, joined, plain

WORDS_MAX = 4000
"""Discord's limit of a message."""
END_CHARS = 200
"""How much of a text's start and end the rules see: the rest is a description."""
_MIDDLE = "\0"
"""In place of the rest; it can't be typed in Discord."""


class WordAct(StrEnum):
    """What is done with a wish."""

    RUN = "run"
    """Its operation, on its file."""
    AGAIN = "again"
    VARY = "vary"
    CONTINUE = "continue"
    """Its operation, from the film's last frame on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An understood request. `operation` is '' for a re-run or a variant; `values` are fields of its input."""

    act: WordAct = WordAct.RUN
    operation: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    strength: str = "subtle"
    count: int = 0
    """How many; 0 if that was not said."""


class Question(StrEnum):
    """What a member asks about, instead of for something."""

    CREDITS = "credits"
    """What they have left, as in `/me`."""
    HOW = "how"
    """How something is done, as in `/help`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Words without a rule. `sentence` says what would work; '' for silence."""

    sentence: str = ""


_MARKS = ",;.、，；。"
_AROUND = " .!?,…¡¿。！？、，"
_GAP = r"[\s,:.：、，。-]*"
_END = r"[.!?。！？]*$"
_NOT_WORDS = re.compile(r"<a?:(\w{2,32}):\d{15,20}>|<(?:@[!&]?|#)\d{15,20}>")
_SPACES = re.compile(r"\s+")
_SMALL_TALK, _HELP, _AGAIN = plain("small_talk"), plain("help"), plain("again")
_QUOTED = re.compile(r"[\"“„](?P<a>[^\"“”„]+)[\"“”]|«(?P<b>[^«»]+)»|「(?P<c>[^「」]+)」|『(?P<d>[^『』]+)』")


@dataclass(frozen=True)
class _Rule:
    """A regular expression compiled on first use, to save time at the start."""

    pattern: str

    @functools.cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


def _thing(name: str) -> str:
    """Return the opening of a wish for a thing: "make me a video of …", "vidéo de …", "動画：…"."""
    kinds = [
        rf"(?:{each.make}) (?:(?:{each.article}) )?(?:{getattr(each, name)})(?!\w)"
        rf"|(?:(?:{each.article}) )?(?:{getattr(each, name)})(?!\w){each.noun_needs}"
        for each in PHRASES.values()
    ]
    return rf"(?:{'|'.join(kinds)})(?:\s+(?:{joined('of')}(?!\w)|d['’]))?{_GAP}"  # d' before a vowel


_PLEASE = _Rule(rf"^{joined('please_before')}\b[\s,]*|(?<![\s,、])[\s,、]*{joined('please_after')}{_END}")
_HOW_MUCH = rf"{joined('subtle')}|{joined('strong')}"
_VARY = _Rule(rf"(?:(?P<before>{_HOW_MUCH})\s?)?{joined('vary')}(?:\s(?P<after>{_HOW_MUCH}))?")
_STRONG = _Rule(joined("strong"))
_ANIMATE = _Rule(rf"^{joined('animate')}(?!\w)(?: {joined('it')}(?!\w))?{_GAP}")
_AS_VIDEO = _Rule(rf"(?<![\s,、])[\s,、]*{joined('as_video')}[.!。！]*$")
_CREDITS, _HOW, _HOW_TO = _Rule(joined("credits")), _Rule(joined("how")), _Rule(joined("how_to"))
_UPSCALE = _Rule(rf"^{joined('upscale')}(?!\w)")
_SUBTITLES = _Rule(joined("subtitles"))
_LIPSYNC = _Rule(rf"^{joined('lipsync')}(?!\w)")
_SOUND_OF = _Rule(rf"^(?:{joined('add')} )?{_thing('sound')}")
_SAY = _Rule(rf"^(?:{joined('say')}(?!\w)|{joined('say_with_colon')}\s*(?=[:：«“\"「])){_GAP}")
_DRAW = _Rule(rf"^{joined('draw')}(?!\w){_GAP}")
_NEW = (
    (_Rule("^" + _thing("video")), "video.generate", "prompt"),
    (_Rule("^" + _thing("music")), "music.generate", "prompt"),
    (_SAY, "narration.generate", "text"),
    (_SOUND_OF, "soundfx.generate", "prompt"),
    (_Rule("^" + _thing("picture")), "image.generate", "prompt"),
    (_DRAW, "image.generate", "prompt"),
)
"""Openings without a file: the operation, and the field for the rest of the words."""
_CLOSING = tuple(
    (_Rule(rf"(?P<words>.+?)(?:{end}){_END}"), operation, "text" if operation == "narration.generate" else "prompt")
    for each in PHRASES.values()
    for operation, end in each.ends.items()
)
"""Closings in a verb-final language."""
_SHAPED = frozenset({"video.generate", "image.generate"})
"""Operations of those with a format."""
REMIX = "sora2.video.remix"
COUNT_MAX = 4
"""As many as a command makes."""
_NUMBERS = {
    word: number
    for each in PHRASES.values()
    for number, words in enumerate(each.numbers, start=2)
    for word in words.split("|")
}
_NUMBER = rf"(?P<number>[1-9]\d?|{'|'.join(_NUMBERS)})"
_COUNTED = tuple(
    (
        _Rule(
            rf"^(?:{joined('make')} )?{_NUMBER} (?:{joined(plural)}|{joined(one)})(?!\w)"
            rf"(?:\s+{joined('of')}(?!\w){_GAP}|\s+d['’]|\s*[:：]\s*|$)"
        ),
        operation,
    )
    for plural, one, operation in (("pictures", "picture", "image.generate"), ("videos", "video", "video.generate"))
)
"""Openings with a number: "make 4 pictures of …"."""
_COUNT_CLAUSE = _Rule(rf"(?:{joined('make')} )?{_NUMBER} {joined('pictures')}")
_COUNT_CLOSING = _Rule(rf"{joined('counted')}{_END}".replace("{number}", _NUMBER))
SHORT_WORDS, SHORT_CHARS = 6, 60
"""A longer text about subtitles is a description, not an order."""
_RATIO = re.compile(r"(?<![\d:.：\0])(?:--ar )?(?P<width>\d{1,2}) ?[:x：×] ?(?P<height>\d{1,2})(?![\d:：\0])")
_RATIOS = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "4:5", "5:4"})
_FORMATS = {word: ratio for each in PHRASES.values() for ratio, words in each.formats.items() for word in words}
_CLAUSES = _Rule(rf"[{_MARKS}]\s*|(?<=\s){joined('and_')}\s+")
_AROUND_FORMAT = _Rule(rf"^{joined('format_before')}+|(?:{joined('format_after')}|(?<!\s)\s+{joined('please_after')})$")
_BEFORE_CLAUSE = _Rule(rf"(?<!\s)(?:\s*[{_MARKS}]\s*|\s+{joined('and_')}\s*)$")
_AFTER_CLAUSE = _Rule(rf"^(?:\s*[{_MARKS}!?！？]\s*|\s+{joined('and_')}\s+)")


def clean_words(content: str, bot_id: int) -> str:
    """Return a message's words without mentions; a custom emoji is its name."""
    said = re.sub(rf"<@!?{bot_id}>", " ", content[:WORDS_MAX])
    return _SPACES.sub(" ", _NOT_WORDS.sub(lambda found: found[1] or "", said)).strip()


def is_addressed(content: str, bot_id: int) -> bool:
    """Whether a message begins or ends with a mention of the bot: it is addressed."""
    return re.search(rf"^\s*<@!?{bot_id}>|<@!?{bot_id}>[\s.!?]*$", content[:WORDS_MAX]) is not None


@reads_foreign_text("words")
def question_in(said: str) -> Question | None:
    """Return what a whole message asks about; None for a request. Never raises."""
    if len(said) > END_CHARS:
        return None
    said = _PLEASE.regex.sub("", said.strip()).strip()
    whole = said.casefold().strip(_AROUND)
    if _CREDITS.regex.fullmatch(whole):
        return Question.CREDITS
    is_asked = said.endswith(("?", "？"))
    return Question.HOW if _HOW.regex.match(whole) or (is_asked and _HOW_TO.regex.match(whole)) else None


@reads_foreign_text("words")
def understand(
    said: str, about: Collection[MediaKind], *, native: bool = False, goes_on: bool = False
) -> Wish | Unclear:
    """Return the meaning of `said`. `about` are the kinds of its file, () without one.

    `native`: that is a video made by Sora, which REMIX takes; `goes_on`: a film's next shot is what other words are.
    Never raises.
    """
    if len(said) <= 2 * END_CHARS:
        return _understood(said, about, native=native, goes_on=goes_on)
    said = said.replace(_MIDDLE, " ")
    ends, middle = f"{said[:END_CHARS]}{_MIDDLE}{said[-END_CHARS:]}", said[END_CHARS:-END_CHARS]
    found = _understood(ends, about, native=native, goes_on=goes_on)
    if isinstance(found, Unclear):
        return found
    return replace(found, values={name: value.replace(_MIDDLE, middle) for name, value in found.values.items()})


def _understood(said: str, about: Collection[MediaKind], *, native: bool, goes_on: bool) -> Wish | Unclear:
    said = _PLEASE.regex.sub("", said.strip()).strip()
    whole = said.casefold().strip(_AROUND)
    if whole in _SMALL_TALK:
        return Unclear()
    if not about:
        return Unclear(sentence=str(texts.WHAT_TO_SAY)) if whole in _HELP else _from_nothing(said)
    if whole in _AGAIN:
        return Wish(act=WordAct.AGAIN)
    varied = _VARY.regex.fullmatch(whole)
    if varied is not None:
        is_strong = any(_STRONG.regex.fullmatch(varied[each] or "") for each in ("before", "after"))
        return Wish(act=WordAct.VARY, strength="strong" if is_strong else "subtle")
    if MediaKind.IMAGE in about:
        return _from_picture(said)
    return _from_video(said, native=native, goes_on=goes_on) if MediaKind.VIDEO in about else _from_sound(said)


def _from_picture(said: str) -> Wish | Unclear:
    if not said:
        return Unclear(sentence=str(texts.WHAT_OF_PICTURE))
    if _UPSCALE.regex.match(said) or _SUBTITLES.regex.fullmatch(said):
        return Unclear(sentence=str(texts.FOR_VIDEOS_ONLY))
    said, ratio = split_ratio(said)
    shaped = {"aspect_ratio": ratio} if ratio else {}
    start, end = _ANIMATE.regex.match(said), _AS_VIDEO.regex.search(said)
    if start or end:
        rest = said[start.end() :] if start else said[: end.start()] if end else said
        return Wish(operation="video.generate", values={**_prompt(rest), **shaped})
    return Wish(operation="image.edit", values={**({"prompt": said} if said else {}), **shaped})


def _from_video(said: str, *, native: bool, goes_on: bool) -> Wish | Unclear:
    if _UPSCALE.regex.match(said):
        return Wish(operation="video.upscale")
    if _LIPSYNC.regex.match(said):
        return Wish(operation="lipsync.generate")
    if _SUBTITLES.regex.search(said) and len(said.split()) <= SHORT_WORDS and len(said) <= SHORT_CHARS:
        return Wish(operation="subtitles.generate")
    sound = _sound_in(said)
    if sound is not None:
        return Wish(operation="soundfx.generate", values=_prompt(sound))
    if said and (native or goes_on):
        prompt = {"prompt": said}
        return (
            Wish(operation=REMIX, values=prompt)
            if native
            else Wish(act=WordAct.CONTINUE, operation="video.generate", values=prompt)
        )
    return Unclear(sentence=str(texts.WHAT_OF_VIDEO))


def _sound_in(said: str) -> str | None:
    opening = _SOUND_OF.regex.match(said)
    if opening is not None:
        return said[opening.end() :]
    closing = (rule.regex.fullmatch(said) for rule, operation, _ in _CLOSING if operation == "soundfx.generate")
    return next((found["words"] for found in closing if found is not None), None)


def _from_sound(said: str) -> Wish | Unclear:
    if _LIPSYNC.regex.match(said):
        return Wish(operation="lipsync.generate")
    return Unclear(sentence=str(texts.WHAT_OF_SOUND))


def _from_nothing(said: str) -> Wish | Unclear:
    rest, operation, count = _counted(said)
    if not count:
        return _of_one(said)
    if count > COUNT_MAX:
        return Unclear(sentence=texts.TOO_MANY_IN_WORDS(most=COUNT_MAX, count=count))
    found = _new(operation, "prompt", rest) if operation else _of_one(rest)
    return replace(found, count=count) if isinstance(found, Wish) else found


def _counted(said: str) -> tuple[str, str, int]:
    """Return the words without how many, whose operation, '' if the words say it, and how many; 0 if not said."""
    for rule, operation in _COUNTED:
        if found := rule.regex.match(said):
            return said[found.end() :], operation, _number(found)
    if found := _COUNT_CLOSING.regex.search(said):
        return said[: found.start()], "image.generate", _number(found)
    for clause in map(str.strip, _CLAUSES.regex.split(said)):
        if found := _COUNT_CLAUSE.regex.fullmatch(clause.strip(" .!?。！？")):
            return _without(said, clause), "", _number(found)
    return said, "", 0


def _number(found: re.Match[str]) -> int:
    written = found["number"].casefold()
    return _NUMBERS.get(written) or int(written)


def _of_one(said: str) -> Wish | Unclear:
    for rule, operation, field_name in _NEW:
        found = rule.regex.match(said)
        if found is not None:
            return _new(operation, field_name, said[found.end() :])
    rest, ratio = split_ratio(said)
    for rule, operation, field_name in _CLOSING:
        is_shaped = bool(ratio) and operation in _SHAPED
        found = rule.regex.fullmatch(rest if is_shaped else said)
        if found is not None:
            return _new(operation, field_name, f"{found['words']}, {ratio}" if is_shaped else found["words"])
    return _new("image.generate", "prompt", said)


def _new(operation: str, field_name: str, said: str) -> Wish | Unclear:
    said, ratio = split_ratio(said) if operation in _SHAPED else (said, "")
    words = _bare(said)
    if not words:
        return Unclear(sentence=str(texts.WHAT_TO_SAY))
    return Wish(operation=operation, values={field_name: words, **({"aspect_ratio": ratio} if ratio else {})})


def _prompt(said: str) -> dict[str, str]:
    left = _bare(said)
    return {"prompt": left} if left else {}


def _bare(said: str) -> str:
    left = said.strip(" ,;:：、，；")
    quoted = None if _MIDDLE in left else _QUOTED.fullmatch(left)
    return left if quoted is None else next(each for each in quoted.groups() if each).strip() or left


def split_ratio(said: str) -> tuple[str, str]:
    """Return the words without their format, and that as a ratio, '' for none.

    A ratio in numbers may be anywhere; a word for one has to be a clause of its own.
    """
    for clause in map(str.strip, _CLAUSES.regex.split(said)):
        bare = _AROUND_FORMAT.regex.sub("", clause.strip(" .!?。！？"))
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
    before = _BEFORE_CLAUSE.regex.sub("", said[:start])
    after = _AFTER_CLAUSE.regex.sub("", said[start + len(clause) :])
    return _joined(f"{before}, {after}" if before and after else before or after)


def _joined(said: str) -> str:
    return _SPACES.sub(" ", said).strip(" ,;、，；")
