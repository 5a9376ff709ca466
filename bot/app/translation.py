"""The commands in other languages: a JSON file each in `bot/app/translations/`, named for Discord's locale (`de.json`).

A file has up to four tables that map English to the language: `names` (of groups, commands and options),
`descriptions`, `choices` and `menus` (of message and user menus). What is missing from a table stays English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Place

FOLDER = "translations"
NAMES, DESCRIPTIONS, CHOICES, MENUS = "names", "descriptions", "choices", "menus"
TABLES = {
    Place.command_name: NAMES,
    Place.group_name: NAMES,
    Place.parameter_name: NAMES,
    Place.command_description: DESCRIPTIONS,
    Place.group_description: DESCRIPTIONS,
    Place.parameter_description: DESCRIPTIONS,
    Place.choice_name: CHOICES,
}

Tables = Mapping[str, Mapping[str, str]]


def read_translations() -> dict[str, Tables]:
    """Return the tables of every language that the package has, by Discord's locale."""
    files = resources.files("bot.app").joinpath(FOLDER).iterdir()
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".json")
    }


class Translator(app_commands.Translator):
    """Looks up the texts of the commands in every language when they are registered."""

    def __init__(self, languages: Mapping[str, Tables] | None = None) -> None:
        self._languages = read_translations() if languages is None else languages

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the string in that language, None if there is none: Discord then shows the English one."""
        tables = self._languages.get(locale.value)
        if tables is None:
            return None
        is_menu = isinstance(context.data, app_commands.ContextMenu)
        table = MENUS if is_menu else TABLES.get(context.location, "")
        return tables.get(table, {}).get(string.message)
