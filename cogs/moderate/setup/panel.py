"""The pages of `/studio setup`: an overview of the steps, and each step. Redrawn at each press."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import discord

from bot.delivery.card.context import ATTENTION, NEUTRAL, SUCCESS
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, OPTIONS_PER_SELECT
from bot.domain.money.limit_rules import terms, whose
from bot.domain.server.first_contact import SetupChecklist, SetupStep, StepOutcome, StepState
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.domain.server.setting import threshold
from bot.domain.words.text import shortened, stamp
from bot.language import Text
from cogs.moderate.api_key import KeyForm, store_key_of_panel
from cogs.moderate.practice import ACTION, ON
from cogs.moderate.settings.panel import PLACES, TALK
from cogs.moderate.setup import texts
from cogs.moderate.texts import KEY_PAGE
from cogs.ui.controls import Control, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction
from cogs.ui.panels import FORUMS
from cogs.ui.texts import OPTION_IS

OVERVIEW = "overview"
"""The subject of the button to the overview."""
LIMITS_SHOWN = 10
_MARKS = {StepOutcome.DONE: texts.DONE_MARK, StepOutcome.SKIPPED: texts.SKIPPED_MARK, None: texts.OPEN_MARK}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupKnown:
    """What the panel shows: checklist, settings, missing permissions."""

    checklist: SetupChecklist
    rules: Rules
    limits: Sequence[Limit]
    host_pays: bool
    """Whether the key is the host's."""
    review_channel: int | None
    gallery_channel: int | None
    week_channel: int | None
    exists: Callable[[int], bool]
    """Whether a role or channel exists: Discord rejects others as a select's default value."""
    problems: Sequence[str]
    """A sentence for each place where the bot lacks permissions."""
    practice: bool
    """Whether practice can be switched on: allowed, without an own key, and not on yet."""
    role_access: str | None
    """What members with the moderator role see, on that step; None without a role."""


def setup_panel(step: SetupStep | None, known: SetupKnown) -> tuple[discord.Embed, discord.ui.View]:
    """Draw a step's page; None: the overview."""
    embed = _overview(known) if step is None else _page(step, known)
    if known.problems:
        embed.colour = discord.Colour(ATTENTION)
        lines = "\n".join(f"⚠️ {each}" for each in known.problems)
        embed.add_field(name=str(texts.MISSING), value=shortened(lines, EMBED_FIELD_CHARS), inline=False)
    controls = _steps(known) if step is None else [*_CONTROLS[step](known), *_ways(step, known)]
    view = view_of(controls)
    if step is SetupStep.KEY:
        view.add_item(discord.ui.Button(label=str(texts.WHERE_TO_FIND), url=KEY_PAGE))
    return embed, view


def checklist_lines(checklist: SetupChecklist) -> str:
    return "\n".join(
        texts.step_line(step, _MARKS[state.outcome], _state(state)) for step, state in checklist.states.items()
    )


def _state(state: StepState) -> str:
    return texts.state_of(state.outcome, state.by_id, None if state.at is None else stamp(state.at))


def _overview(known: SetupKnown) -> discord.Embed:
    is_complete = known.checklist.is_complete
    lines = [
        str(texts.WHAT_IT_COSTS),
        str(texts.PRIVACY),
        "",
        checklist_lines(known.checklist),
        "",
        str(texts.ALL_DONE if is_complete else texts.TAKE_A_STEP),
    ]
    return discord.Embed(
        title=str(texts.TITLE), description="\n".join(lines), colour=SUCCESS if is_complete else NEUTRAL
    )


def _page(step: SetupStep, known: SetupKnown) -> discord.Embed:
    steps, state = list(SetupStep), known.checklist.states[step]
    lines = [str(texts.ABOUT[step]), "", texts.step_line(step, _MARKS[state.outcome], _state(state))]
    if step is SetupStep.KEY and known.host_pays:
        lines.append(str(texts.HOST_PAYS))
    if step is SetupStep.ROLE and known.role_access is not None:
        lines.append(known.role_access)
    if step is SetupStep.LIMITS:
        lines += [f"• {OPTION_IS(option=whose(each), value=terms(each))}" for each in known.limits[:LIMITS_SHOWN]]
    return discord.Embed(
        title=texts.step_title(step, steps.index(step) + 1, len(steps)),
        description="\n".join(lines),
        colour=SUCCESS if state.outcome is StepOutcome.DONE else NEUTRAL,
    )


def _steps(known: SetupKnown) -> list[Control]:
    first = known.checklist.first_open
    made = [
        Control.button(
            "setup",
            step.value,
            label=f"{_MARKS[state.outcome]} {texts.NAMES[step]}",
            style=discord.ButtonStyle.primary if step is first else discord.ButtonStyle.secondary,
        )
        for step, state in known.checklist.states.items()
    ]
    return [*made, Control.button(ACTION, ON, label=str(texts.PRACTICE))] if known.practice else made


def _ways(step: SetupStep, known: SetupKnown) -> list[Control]:
    made = [Control.button("setup", OVERVIEW, label=str(texts.OVERVIEW))]
    if known.checklist.states[step].outcome is None:
        made.append(Control.button("setup_skip", step.value, label=str(texts.SKIP)))
    if step is SetupStep.CHANNELS and known.gallery_channel is not None and known.week_channel is None:
        made.append(Control.button("setup_week", "on", label=str(texts.TURN_ON_WEEK)))
    following = step_after(step)
    if following is not None:
        made.append(Control.button("setup", following.value, label=texts.next_step(following)))
    return made


def step_after(step: SetupStep) -> SetupStep | None:
    """Return the next step, None after the last."""
    steps = list(SetupStep)
    return next(iter(steps[steps.index(step) + 1 :]), None)


def _button(action: str, label: Text) -> Callable[[SetupKnown], list[Control]]:
    made = Control.button
    return lambda _known: [made(action, "open", label=str(label), style=discord.ButtonStyle.primary)]


def _role(known: SetupKnown) -> list[Control]:
    role = known.rules.moderator_role
    chosen = role if role is not None and known.exists(role) else None
    return [Control.roles("setup_role", "role", placeholder=texts.ROLE_CONTROL, chosen=list(filter(None, [chosen])))]


def _channels(known: SetupKnown) -> list[Control]:
    def select(subject: str, label: Text, chosen: Sequence[int | None], **options: Any) -> Control:
        there = sorted(each for each in chosen if each is not None and known.exists(each))
        return Control.channels("setup_channel", subject, placeholder=str(label), chosen=there, **options)

    rules = known.rules
    everywhere: dict[str, Any] = {"kinds": PLACES, "at_most": OPTIONS_PER_SELECT}
    return [
        select("results", texts.RESULTS_CONTROL, sorted(rules.allowed_channels), **everywhere),
        select("review", texts.REVIEW_CONTROL, [known.review_channel], kinds=TALK),
        select("log", texts.LOG_CONTROL, [rules.log_channel], kinds=TALK),
        select("gallery", texts.GALLERY_CONTROL, [known.gallery_channel], kinds=(*TALK, *FORUMS)),
    ]


_CONTROLS: dict[SetupStep, Callable[[SetupKnown], list[Control]]] = {
    SetupStep.KEY: _button("setup_key", texts.ENTER_KEY),
    SetupStep.TEST: _button("setup_test", texts.MAKE_TEST),
    SetupStep.LIMITS: _button("setup_limits", texts.SET_LIMITS),
    SetupStep.ROLE: _role,
    SetupStep.CHANNELS: _channels,
}
"""The controls of each step."""


AMOUNT = threshold(texts.NO_LIMIT_TYPED)
"""Reads an amount of credits, or nothing."""
OFFERED = ((texts.PER_MEMBER, Scope.EVERYONE, Period.DAY), (texts.PER_SERVER, Scope.SERVER, Period.MONTH))
"""The limits of the form: label, subject, period."""

LimitChange = tuple[Scope, Period, Decimal | None]
"""A typed limit; None removes it."""


class SetupKeyForm(KeyForm):
    """The form of `/studio key`, from the setup, which `redraw` draws with the key."""

    def __init__(self, bot: Bot, *, host_pays: bool, redraw: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(bot, host_pays=host_pays)
        self._redraw = redraw

    async def answer(self, interaction: Interaction) -> None:
        """Check the key, store it, and offer to continue."""
        button = Control.button("setup", OVERVIEW, label=str(texts.CONTINUE), style=discord.ButtonStyle.primary)
        await store_key_of_panel(interaction, self.secret.value, self._redraw, view_of([button]))


class LimitsForm(Form):
    """Asks for the limits; unchanged ones are not written, so that parallel changes stay."""

    def __init__(
        self,
        bot: Bot,
        limits: dict[tuple[Scope, Period], Limit],
        apply: Callable[[Interaction, list[LimitChange]], Awaitable[None]],
    ) -> None:
        super().__init__(bot, title=str(texts.LIMITS_FORM), name="setup_limits")
        self._apply = apply
        self._inputs = [
            (scope, period, str(label), self._input(str(label), limits.get((scope, period))))
            for label, scope, period in OFFERED
        ]

    def _input(self, label: str, limit: Limit | None) -> discord.ui.TextInput[Any]:
        text = "" if limit is None else f"{limit.credits.normalize():f}"
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(default=text or None, required=False, max_length=13)
        self.add_item(discord.ui.Label(text=label, description=str(texts.LIMIT_HINT), component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Set what was typed. Raises InputError for an invalid amount."""
        typing = AMOUNT.typing
        changes = [
            (scope, period, None if typing is None else typing.read(item.value.strip(), label, "limit"))
            for scope, period, label, item in self._inputs
            if item.value != (item.default or "")
        ]
        await self._apply(interaction, changes)
