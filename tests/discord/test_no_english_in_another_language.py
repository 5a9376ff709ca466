"""No answer, card, form or list in another language has an English word of ours.

The languages are pseudo ones: each message comes in brackets with its language's name, so a word outside brackets was
written by the code itself. Members read theirs, and what everybody reads is in the server's.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from babel import Locale
from simcord.backend.errors import BackendError, SetupError

from bot.catalogue import OPERATIONS
from bot.domain.server.reaction_rules import REACTIONS
from bot.generation.recipes.recipes import BUILT_IN
from bot.language import LANGUAGES, own_name
from bot.server.cast.styles import starter_styles
from tests.support.every_command import OWN_WORDS, commands, filled, needed
from tests.support.locales import speaks
from tests.support.pseudo import outside, speak_pseudo, spoken
from tests.support.reacting import made
from tests.support.rig import Rig
from tests.support.shown_texts import Reader, Shown, shown_since
from tests.support.surface import parts

LANGUAGE_OF = {"member": "ja", "moderator": "fr"}
SERVER = "de"
BUTTON, SELECT = 2, 3
SLASH, MESSAGE_MENU = 1, 3
WORDS = ("", "?", "help", "credits", "vary", "again", "animate", "upscale", f"{OWN_WORDS}", f"8 images of {OWN_WORDS}")
"""What someone says to the bot."""
DEPTH = 3
NO_WORDS = re.compile(
    r"```.*?```|`[^`]*`|\{[a-z_0-9.: |]+\}"  # code, names of options and commands, ids, variables
    r"|<[@#:/t][^>]*>|</[^>]+>"  # mentions, emojis, times, commands
    r"|\]\([^)]*\)|https?://\S+"  # links
    r"|(?<![\w<])/[a-z0-9]+(?: [a-z]+)?"  # commands
    r"|\b[a-z0-9_]+(?:\.[a-z0-9_]+)+\b"  # operations
    r"|\b[A-Z0-9]{10}\b|\bcs_\w+|\breq_\w+|\b(?:sandbox|seedream)/\S+"  # ids, keys, providers' models
    r"|\b\w+\.(?:png|mp4|mp3|wav|json|csv|txt|zip|glb)\b"  # files
    r"|^(?:-# )?> .*?$|\b(?:polish|trailer|talking portrait)\b"  # prompts in quotation, names of recipes
    rf"|{OWN_WORDS}\w*|\bada\b|\bmorgan\b|\bgeneral\b|\bStudio\b|\bCannon Studio\b|\bDiscord\b",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
CALENDAR = {
    name.casefold()
    for language in LANGUAGES
    for names in (Locale.parse(language, sep="-").days, Locale.parse(language, sep="-").months)
    for width in ("wide", "abbreviated")
    for name in names["format"][width].values()
}
"""Days and months, which Babel writes."""
OTHER_NAMES = frozenset({"creator", "standard"})
"""What Cannon Studio calls things: a plan, and the one value that its page shows of a field."""
WRITTEN = sorted(
    {
        value
        for recipe in BUILT_IN
        for step in recipe.steps
        for value in step.values.values()
        if value.replace("_", " ").count(" ")
    }
    | {each.look for each in starter_styles(0)},
    key=len,
    reverse=True,
)
"""What built-in recipes and styles write into requests, where they show it."""
MODELS = sorted(
    {name for operation in OPERATIONS for each in operation.models for name in (each.name, each.id) if name},
    key=len,
    reverse=True,
)
WORD = re.compile(r"[A-Za-z][a-z]{2,}")


def english(text: str) -> list[str]:
    """Return the words of a text that are in no message, and are no names, ids, numbers or members' own words."""
    rest = outside(text.replace("\\", ""))  # Markdown is escaped
    for name in (*MODELS, *sorted(map(own_name, LANGUAGES), key=len, reverse=True), *WRITTEN):
        rest = rest.replace(name, " ")
    rest = NO_WORDS.sub(" ", rest)
    return [word for word in WORD.findall(rest) if word.casefold() not in CALENDAR | OTHER_NAMES]


@dataclass
class Walk:
    """Someone who tries what there is, and what they read meanwhile."""

    rig: Rig
    who: str
    tried: set[str] = field(default_factory=set)
    found: list[Shown] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    """What Discord said of it."""

    @property
    def actor(self) -> Any:
        return getattr(self.rig, self.who)

    async def complete(self, command: str, option: str, typed: str, **given: Any) -> None:
        """Type into an option that offers choices."""
        number = len(self.rig.env.http_requests)
        await self.actor.autocomplete(self.rig.channel, command, option, typed, **given)
        self.found += shown_since(self.rig, number)

    async def menu(self, name: str, target: Any) -> None:
        """Use a menu of a message or a member, then each control of what comes of it."""
        await self._do(self.actor.context_menu(self.rig.channel, name, target), DEPTH)

    async def say(self, text: str, *, to: Any = None) -> None:
        """Write to the bot, and press what it offers."""
        number = len(self.rig.env.http_requests)
        await self.actor.send(self.rig.channel, f"<@{self.rig.bot.user.id}> {text}", reply_to=to)
        await self.rig.work()
        self.found += shown_since(self.rig, number)
        await self.press_all(self.rig.messages()[-1], 1)

    async def slash(self, command: str, **options: Any) -> None:
        """Use a command, then each control of what comes of it."""
        await self._do(self.actor.slash(self.rig.channel, command, **options), DEPTH)

    async def commands(self, *, work: bool = False) -> None:
        """Use every command, with what it needs; `work`: have what it started made before the next."""
        for name, command in commands(self.rig):
            await self.slash(name, **needed(self.rig, command))
            if work:
                await self.rig.work()

    async def _do(self, doing: Any, depth: int) -> None:
        number = len(self.rig.env.http_requests)
        try:
            result = await doing
        except (SetupError, BackendError) as error:
            self.rejected.append(str(error))
            return  # Discord itself would not let them
        finally:
            self.found += shown_since(self.rig, number)
        if depth == 0:
            return
        if result.modal:
            await self._do(self.actor.submit_modal(result, filled(result.modal)), depth - 1)
        for message in (result.response, *result.followups):
            if message is not None:
                await self.press_all(message, depth - 1)

    async def press_all(self, message: Any, depth: int = DEPTH) -> None:
        """Press each control of a message, unless one that does the same was pressed before."""
        for each in parts(message):
            custom = each.get("custom_id", "")
            if each["type"] == BUTTON and custom and self._is_new(custom):
                await self._do(self.actor.click(message, custom_id=custom), depth)
            for option in each.get("options", ()) if each["type"] == SELECT else ():
                if self._is_new(f"{custom}:{option['value']}"):
                    await self._do(self.actor.select(message, [option["value"]], custom_id=custom), depth)

    def _is_new(self, custom: str) -> bool:
        """Whether nothing of the kind was pressed yet: ids of jobs and cards make no difference."""
        kind = re.sub(r"[A-Z0-9]{10}|\d{15,}", "", custom)
        is_new = kind not in self.tried
        self.tried.add(kind)
        return is_new


@pytest.fixture
async def walked(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A server that speaks German, with a Japanese member and a French moderator."""
    speak_pseudo(monkeypatch)
    for who, language in LANGUAGE_OF.items():
        speaks(getattr(rig, who), language)
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, language=SERVER, log_channel=rig.channel.id)
    )
    return rig


def in_another_language(shown: Shown, own: str) -> bool:
    """Whether a text is in the language of somebody else than its reader.

    What was stored as a sentence, such as why a job failed, stays in the server's inside a member's own text.
    """
    languages = spoken(shown.text)
    if shown.reader is Reader.EVERYBODY:
        return bool(languages - {SERVER})
    if shown.reader is Reader.MEMBER:
        return bool(languages) and own not in languages
    return bool(languages - {own, SERVER})


def judge(walk: Walk, *, at_least: int = 100, own: str = "") -> None:
    """Fail with every text that has English words, or is in a language of somebody else."""
    assert len(walk.found) > at_least
    own = own or LANGUAGE_OF[walk.who]
    assert sorted({each.text for each in walk.found if in_another_language(each, own)}) == []
    wrong = sorted({f"{each.where}: {' '.join(english(each.text))} | {each.text}" for each in walk.found})
    wrong = [each for each in wrong if not each.partition(": ")[2].startswith(" | ")]
    assert wrong == []


@pytest.mark.long
async def test_a_member_reads_no_english_whatever_they_use(walked: Rig):
    walk = Walk(walked, "member")
    await walk.commands(work=True)
    for message in walked.messages():
        await walk.press_all(message)
    judge(walk)


@pytest.mark.long
async def test_a_moderator_reads_no_english_whatever_they_use(walked: Rig):
    walk = Walk(walked, "moderator")
    await walk.commands()
    judge(walk)


@pytest.mark.long
@pytest.mark.parametrize("who", LANGUAGE_OF)
async def test_the_choices_that_options_offer_have_no_english(walked: Rig, who: str):
    walk = Walk(walked, who)
    await walked.member.slash(walked.channel, "image generate", prompt=OWN_WORDS)
    await walked.work()
    for name, command in commands(walked):
        given = needed(walked, command)
        for option in command.get("options") or ():
            for typed in ("", "a", OWN_WORDS) if option.get("autocomplete") else ():
                with contextlib.suppress(SetupError):  # Discord hides the moderators' commands
                    others = {key: value for key, value in given.items() if key != option["name"]}
                    await walk.complete(name, option["name"], typed, **others)
    judge(walk)


@pytest.mark.long
@pytest.mark.parametrize("who", LANGUAGE_OF)
async def test_menus_and_words_have_no_english(walked: Rig, who: str):
    walk = Walk(walked, who)
    for command in walked.env.backend.commands[None].values():
        if command["type"] != SLASH:
            await walk.menu(
                command["name"],
                await made(walked, prompt=OWN_WORDS) if command["type"] == MESSAGE_MENU else walked.member,
            )
    for text in WORDS:
        await walk.say(text)
        await walk.say(text, to=await made(walked, prompt=OWN_WORDS))
    judge(walk)


@pytest.mark.long
async def test_reactions_are_answered_in_the_language_of_the_server(walked: Rig):
    """Discord does not say what language a person speaks who reacts."""
    walk = Walk(walked, "member")
    number = len(walked.env.http_requests)
    for rule in REACTIONS.values():
        await walk.actor.react(await made(walked, prompt=OWN_WORDS), rule.shown)
        await walked.work()
    walk.found += shown_since(walked, number)
    judge(walk, at_least=30, own=SERVER)
