"""A server's cast: characters and styles that members name in prompts. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.domain.words.text import UNSPACED, one_line, without_controls

CAST_MAX: Final = 1000
"""Most characters and styles of a server."""
NAME_CHARS: Final = 32
LOOK_CHARS: Final = 500
PICTURES_MAX: Final = 4
PLAYERS_MAX: Final = 10
"""Most that one job takes: `reference_image_urls` takes ten pictures (https://www.cannonstudio.app/developers/docs)."""
REFERENCES_MAX: Final = 10
_MARK: Final = "@"
_SIGNS: Final = " .'’-_"
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point."""
_LINES: Final = Path(__file__).with_name("confusables.txt").read_text(encoding="utf-8").splitlines()
_ALIKE: Final = str.maketrans({each: line[0] for line in _LINES if line[0] != "#" for each in line[1:]})
"""Letters of all scripts that look like Latin ones (UTS #39). ASCII's own stay apart: `rn` is no `m`, `l` no `1`."""
RESERVED: Final = frozenset({"everyone", "here", "channel"})
"""Words that Discord reads as mentions."""


class CastKind(StrEnum):
    """What a name is."""

    CHARACTER = "character"
    STYLE = "style"


class Audience(StrEnum):
    """Who may name it."""

    EVERYONE = "everyone"
    ROLES = "roles"
    MAKER = "maker"


@dataclass(frozen=True, slots=True, kw_only=True)
class CastMember:
    """A character or style of a server."""

    id: str
    guild_id: int
    kind: CastKind
    name: str
    look: str = ""
    """How it looks, in words that are sent behind the prompt."""
    voice_id: str = ""
    """A character's voice for narrations, '' for none."""
    model: str = ""
    """A style's model, '' for any."""
    aspect_ratio: str = ""
    """A style's ratio, '' for any."""
    audience: Audience = Audience.EVERYONE
    role_ids: frozenset[int] = frozenset()
    locked: bool = False
    """Whether only moderators may change it."""
    made_by: int
    """0 for what comes with the bot."""
    made_at: float
    """Unix seconds."""
    channel_id: int | None = None
    message_id: int | None = None
    """The bot's own message with its pictures; None without any."""
    pictures: int = 0
    """How many pictures that message has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Who plays in a job. `is_open`: everyone may read the name."""

    id: str
    name: str
    is_open: bool


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """Who plays in a job, and what that adds to what is sent. Members never see the added words as their own."""

    players: tuple[Player, ...] = ()
    asked: tuple[str, ...] = ()
    """Names that were given in the option in addition to those in the prompt, until the request is accepted."""
    style: str = ""
    """A style in the member's own words, or a name of the cast's, until the request is accepted."""
    words: str = ""
    """Sent behind the prompt."""
    added: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Added input by wire name: lists are appended, other values fill what is empty."""

    def into(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an input as it is sent. The same object if nothing is added."""
        if not self.words and not self.added:
            return given
        made = dict(given)
        for name, value in self.added.items():
            if isinstance(value, list | tuple):
                made[name] = [*made.get(name, ()), *value]
            else:
                made.setdefault(name, value)
        if self.words:
            made["prompt"] = "\n\n".join(filter(None, (str(made.get("prompt", "")), self.words)))
        return made

    def shown_to(self, *, is_author: bool) -> list[str]:
        """Return the names that a reader may see."""
        return [each.name for each in self.players if is_author or each.is_open]


NO_CAST: Final = Casting()


def cleaned_name(typed: str) -> str:
    """Return a typed name as it is stored, without the `@` before it."""
    return one_line(_INVISIBLE.sub("", without_controls(typed))).strip().removeprefix(_MARK).strip()


def name_fault(name: str) -> str | None:
    """Return what is wrong with a cleaned name: `empty`, `long`, `signs` or `reserved`; None if it is fine."""
    if not any(letter.isalnum() for letter in name):
        return "empty"
    if len(name) > NAME_CHARS:
        return "long"
    if not (name[0].isalnum() and _is_letter(name[-1]) and all(_is_letter(sign) or sign in _SIGNS for sign in name)):
        return "signs"
    return "reserved" if name_key(name) in RESERVED else None


def name_key(name: str) -> str:
    """Return a name for comparison: without case, accents' encoding and width, and alike for what looks alike."""
    seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", one_line(name))).casefold()
    return unicodedata.normalize("NFKC", seen).translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def marked_in(prompt: str) -> list[list[str]]:
    """Return what may be a name behind each `@` of a prompt: every start that ends with a word, the shortest first.

    Not in an address, nor in Discord's own mentions (`<@1>`); at most MARKS_MAX.
    """
    starts = (match.end() for match in itertools.islice(_MARKED.finditer(prompt), MARKS_MAX))
    return [list(_starts(prompt[start : start + NAME_CHARS + 1])) for start in starts]


def players_in(marked: Iterable[Sequence[str]], known: Mapping[str, CastMember]) -> list[CastMember]:
    """Return those of `known`, by key, that are named; of several that fit behind one `@`, the longest name."""
    found: dict[str, CastMember] = {}
    for texts in marked:
        key = next((key for key in map(name_key, reversed(texts)) if key in known), None)
        if key is not None:
            found[known[key].id] = known[key]
    return list(found.values())


def names_in_option(typed: str) -> list[str]:
    return [name for part in re.split(r"[,;、，]", typed) if (name := cleaned_name(part))]


_MARKED: Final = re.compile(rf"(?<![^\W{UNSPACED}])(?<![@<])@(?=\w)")
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
"""Where words have no spaces between them, a name may end with each sign."""
MARKS_MAX: Final = 100


def _starts(piece: str) -> Iterator[str]:
    for end in range(1, min(len(piece), NAME_CHARS) + 1):
        last, after = piece[end - 1], piece[end : end + 1]
        if _UNSPACED.match(last) or (_is_letter(last) and (_UNSPACED.match(after) or not _continues(after))):
            yield piece[:end]


def _is_letter(sign: str) -> bool:
    """Whether it is a letter, digit, or part of one, as vowels are in Hindi or accents that are typed apart."""
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"


def _continues(sign: str) -> bool:
    return sign == "_" or (bool(sign) and _is_letter(sign))


def shared_out(players: Sequence[CastMember], room: int) -> dict[str, int]:
    """Return how many pictures each player gets of `room`: in turns, each one's first before another's second."""
    turns = [each.id for turn in range(PICTURES_MAX) for each in players if turn < each.pictures]
    given = turns[: max(room, 0)]
    return {each.id: given.count(each.id) for each in players}
