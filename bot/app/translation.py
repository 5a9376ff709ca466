"""The commands in other languages, from the same catalogues as the answers: Discord gets them all at registration.

Names of commands, groups and options are looked up in the context "name", because they have Discord's own rules: lower
case, no spaces. Descriptions, choices and menus are messages like any other.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Place

from bot.language import SOURCE, from_discord
from bot.language.catalogues import translations

NAME = "name"
"""The context of names in the catalogues."""
NAMES = frozenset({Place.command_name, Place.group_name, Place.parameter_name})

Catalogues = Callable[[str], gettext.NullTranslations]


class Translator(app_commands.Translator):
    """Looks up the texts of the commands in every language when they are registered."""

    def __init__(self, catalogues: Catalogues = translations) -> None:
        self._catalogues = catalogues

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the string in that language, None if there is none: Discord shows the English one."""
        language = from_discord(locale.value)
        if language == SOURCE:
            return None
        catalogue = self._catalogues(language)
        is_name = context.location in NAMES and not isinstance(context.data, app_commands.ContextMenu)
        message = string.message
        said = catalogue.pgettext(NAME, message) if is_name else catalogue.gettext(message)
        return None if said == message else said
