"""Which modal forms are open: discord.py silently drops a submission of one from before a restart."""

from __future__ import annotations

from typing import Any, cast

import discord

FORM_PREFIX = "form:"

_SUBMITTED = "form submitted"
"""The mark on an interaction that a form of this process has handled."""


class OpenForms:
    """The custom ids of the forms that this process has opened and that are neither submitted nor dismissed."""

    def __init__(self) -> None:
        self._custom_ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._custom_ids)

    def add(self, custom_id: str) -> None:
        """Remember that a form is shown."""
        self._custom_ids.add(custom_id)

    def take(self, custom_id: str, interaction: discord.Interaction[Any]) -> None:
        """Remember that a form was submitted, here and on its interaction: `is_lost` may be called later."""
        interaction.extras[_SUBMITTED] = True
        self.discard(custom_id)

    def discard(self, custom_id: str) -> None:
        """Forget a form that was dismissed."""
        self._custom_ids.discard(custom_id)

    def is_lost(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether this submits a form that was opened before the bot was restarted."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return False
        custom_id = str(cast("dict[str, Any]", interaction.data or {}).get("custom_id", ""))
        known = custom_id in self._custom_ids or _SUBMITTED in interaction.extras
        return custom_id.startswith(FORM_PREFIX) and not known
