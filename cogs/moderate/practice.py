"""`/studio practice`: practice mode, and the button that switches it."""

from collections.abc import Sequence

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.server.practice import PracticeMode
from cogs.moderate import texts
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, require_manager, require_moderator

ON, OFF = "on", "off"
ACTION = "practice"


async def switch_practice(interaction: Interaction, switch: str) -> None:
    """Switch this server's practice mode, and explain the effect."""
    await require_moderator(interaction)
    require_manager(interaction)
    await defer(interaction, ephemeral=True, thinking=True)
    guild_id, by_id = guild_of(interaction), interaction.user.id
    practice = use(interaction, PracticeMode)
    if switch == ON:
        text = texts.PRACTICE_ON if await practice.start(guild_id, by_id=by_id) else texts.PRACTICE_IS_ON
    else:
        text = texts.PRACTICE_OFF if await practice.stop(guild_id, by_id=by_id) else texts.PRACTICE_IS_OFF
    await in_time(interaction.edit_original_response(content=str(text), view=view_of([other_switch(switch)])))


def other_switch(switch: str) -> Control:
    if switch == ON:
        return Control.button(ACTION, OFF, label=str(texts.END_PRACTICE))
    return Control.button(ACTION, ON, label=str(texts.PRACTISE))


@on(ACTION)
async def press_practice(interaction: Interaction, switch: str, _values: Sequence[str]) -> None:
    await switch_practice(interaction, ON if switch == ON else OFF)
