"""How `/studio settings` looks: an embed and its controls, one page for each subject. Drawn anew at each change.

An embed with rows of controls rather than a Components V2 layout: five rows are enough for each page, and the controls
are then of the one kind that all our messages have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import OPTIONS_PER_SELECT
from bot.delivery.text import plain
from bot.domain.guild_rules import Rules
from bot.domain.text import on_off, shortened, stamp
from cogs.moderate.settings.labels import PAYERS, label, value
from cogs.ui.controls import Control, view_of

WORDS_SHOWN_CHARS = 900
TALK = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can post lines."""
PLACES = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.category,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can be used; a category stands for all that is in it."""


class SettingsPage(StrEnum):
    """The subjects of the settings."""

    ACCESS = "access"
    LIMITS = "limits"
    APPROVAL = "approval"
    RESULTS = "results"
    WORDS = "words"


TITLES = {
    SettingsPage.ACCESS: ("Access", "who sets things, and where the bot may be used"),
    SettingsPage.LIMITS: ("Limits", "how many jobs run and wait, what one may cost"),
    SettingsPage.APPROVAL: ("Approval and log", "what a moderator decides first, and where it is written down"),
    SettingsPage.RESULTS: ("Results", "re-runs, pings, estimates, time zone"),
    SettingsPage.WORDS: ("Words and models", "what no prompt may say, and the models used by default"),
}
PAGE_OF: Mapping[str, SettingsPage] = {
    "moderator_role": SettingsPage.ACCESS,
    "allowed_channels": SettingsPage.ACCESS,
    "forbidden_channels": SettingsPage.ACCESS,
    "unchecked_only_in_age_restricted": SettingsPage.ACCESS,
    "running_per_member": SettingsPage.LIMITS,
    "queued_per_member": SettingsPage.LIMITS,
    "running_per_server": SettingsPage.LIMITS,
    "job_ceiling": SettingsPage.LIMITS,
    "confirm_above": SettingsPage.LIMITS,
    "approve_above": SettingsPage.APPROVAL,
    "approval_channel": SettingsPage.APPROVAL,
    "approve_own": SettingsPage.APPROVAL,
    "log_channel": SettingsPage.APPROVAL,
    "rerun_payer": SettingsPage.RESULTS,
    "ping": SettingsPage.RESULTS,
    "estimate_tool": SettingsPage.RESULTS,
    "timezone": SettingsPage.RESULTS,
    "words": SettingsPage.WORDS,
    "default_models": SettingsPage.WORDS,
}
"""On which page each setting stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the panel needs to know beside the rules."""

    catalogue: Catalogue
    switched_off: int
    """How many operations are off here."""
    channel_ids: frozenset[int]
    """The channels and threads that are there: Discord takes no others as a select's present choice."""
    role_ids: frozenset[int]
    now: float


def panel(page: SettingsPage, rules: Rules, known: Known) -> tuple[discord.Embed, discord.ui.View]:
    """Draw a page."""
    title, about = TITLES[page]
    embed = discord.Embed(title=f"Settings · {title}", description=f"{about[:1].upper()}{about[1:]}.", colour=NEUTRAL)
    for name, place in PAGE_OF.items():
        if place is page:
            words = label(name)
            embed.add_field(name=f"{words[:1].upper()}{words[1:]}", value=_shown(name, rules, known), inline=False)
    if page is SettingsPage.ACCESS:
        off = f"{known.switched_off} switched off" if known.switched_off else "all switched on"
        embed.add_field(name="Operations", value=f"{off}; `/studio operations` switches them", inline=False)
    if rules.paused:
        embed.set_footer(text="New jobs are paused: /studio pause switches that.")
    return embed, view_of([_pages(page), *_CONTROLS[page](rules, known)])


def _shown(name: str, rules: Rules, known: Known) -> str:
    if name == "timezone":
        return f"{value(rules, name)}, now {stamp(known.now, 'f')} in yours; periods begin at midnight there"
    if name == "words" and rules.words:
        return f"{value(rules, name)}: ||{plain(shortened(', '.join(rules.words), WORDS_SHOWN_CHARS))}||"
    return shortened(value(rules, name), 1024)


def _pages(page: SettingsPage) -> Control:
    options = [
        discord.SelectOption(label=title, value=each.value, description=about, default=each is page)
        for each, (title, about) in TITLES.items()
    ]
    return Control.select("set_page", "panel", placeholder="Subject", options=options)


def _flip(name: str, rules: Rules, text: str) -> Control:
    is_on = bool(getattr(rules, name))
    style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
    return Control.button("set_flip", name, label=f"{text}: {on_off(is_on)}", style=style)


def _form(subject: str, text: str) -> Control:
    return Control.button("set_form", subject, label=text, style=discord.ButtonStyle.primary)


def _there(chosen: frozenset[int] | int | None, ids: frozenset[int]) -> list[int]:
    wanted = chosen if isinstance(chosen, frozenset) else frozenset() if chosen is None else frozenset({chosen})
    return sorted(wanted & ids)


def _access(rules: Rules, known: Known) -> list[Control]:
    return [
        Control.role(
            "set_role",
            "moderator_role",
            placeholder="Moderator role (beside who may manage the server)",
            chosen=next(iter(_there(rules.moderator_role, known.role_ids)), None),
        ),
        _places("allowed_channels", "Allowed channels (none chosen: all)", rules, known),
        _places("forbidden_channels", "Forbidden channels", rules, known),
        _flip("unchecked_only_in_age_restricted", rules, "Age-restricted rule"),
        Control.button("set_operations", "panel", label="Operations…"),
    ]


def _places(name: str, text: str, rules: Rules, known: Known) -> Control:
    chosen = _there(getattr(rules, name), known.channel_ids)
    return Control.channels(
        "set_channels", name, placeholder=text, chosen=chosen, kinds=PLACES, at_most=OPTIONS_PER_SELECT
    )


def _talk(name: str, text: str, rules: Rules, known: Known) -> Control:
    chosen = _there(getattr(rules, name), known.channel_ids)
    return Control.channels("set_channels", name, placeholder=text, chosen=chosen, kinds=TALK)


def _limits(_rules: Rules, _known: Known) -> list[Control]:
    return [_form("limits", "Change…")]


def _approval(rules: Rules, known: Known) -> list[Control]:
    return [
        _talk("approval_channel", "Approval channel", rules, known),
        _talk("log_channel", "Log channel", rules, known),
        _form("approval", "Change the threshold…"),
        _flip("approve_own", rules, "Approving one's own"),
    ]


def _results(rules: Rules, _known: Known) -> list[Control]:
    options = [
        discord.SelectOption(label=f"Re-run: {text}", value=payer.value, default=payer is rules.rerun_payer)
        for payer, text in PAYERS.items()
    ]
    return [
        Control.select("set_payer", "panel", placeholder="Who pays for a re-run", options=options),
        _flip("ping", rules, "Ping with the result"),
        _flip("estimate_tool", rules, "Estimate tool"),
        _form("timezone", "Time zone…"),
    ]


def _words(rules: Rules, known: Known) -> list[Control]:
    options = [
        discord.SelectOption(
            label=shortened(operation.title, 100),
            value=operation.id,
            description=shortened(rules.default_models.get(operation.id, "") or "no default model", 100),
        )
        for operation in known.catalogue.operations.values()
        if any(field.name == "model" for field in operation.fields) and len(operation.id) <= 100
    ]
    choose = Control.select(
        "set_model", "panel", placeholder="Set the default model of …", options=options[:OPTIONS_PER_SELECT]
    )
    return [choose, _form("words", "Word list…")] if options else [_form("words", "Word list…")]


_CONTROLS: Mapping[SettingsPage, Callable[[Rules, Known], Sequence[Control]]] = {
    SettingsPage.ACCESS: _access,
    SettingsPage.LIMITS: _limits,
    SettingsPage.APPROVAL: _approval,
    SettingsPage.RESULTS: _results,
    SettingsPage.WORDS: _words,
}
