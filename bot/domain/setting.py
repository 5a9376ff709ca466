"""A server's setting apart from its value: its label, its kind, and where moderators change it.

Each field of `Rules` carries its `Setting`. The JSON, the panel's pages, controls and forms, and the text of a change
derive from it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_type_hints

from bot.domain import texts
from bot.domain.setting_kinds import Kind
from bot.language import Text


class SettingsPage(StrEnum):
    """The pages of the panel."""

    ACCESS = "access"
    LIMITS = "limits"
    APPROVAL = "approval"
    RESULTS = "results"
    WORDS = "words"
    PRICES = "prices"
    BLOCKED = "blocked"
    REACTIONS = "reactions"
    OPERATIONS = "operations"


PAGES: Mapping[SettingsPage, tuple[Text, Text]] = {
    SettingsPage.ACCESS: texts.ACCESS_PAGE,
    SettingsPage.LIMITS: texts.LIMITS_PAGE,
    SettingsPage.APPROVAL: texts.APPROVAL_PAGE,
    SettingsPage.RESULTS: texts.RESULTS_PAGE,
    SettingsPage.WORDS: texts.WORDS_PAGE,
    SettingsPage.PRICES: texts.PRICES_PAGE,
    SettingsPage.BLOCKED: texts.BLOCKED_PAGE,
    SettingsPage.REACTIONS: texts.REACTIONS_PAGE,
    SettingsPage.OPERATIONS: texts.OPERATIONS_PAGE,
}
"""The title of each page, and what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpec:
    """A form into which one or more settings of a page are typed."""

    id: str
    """Part of its button's custom id."""
    page: SettingsPage
    title: Text
    button: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting."""

    label: Text
    """Its name, as a heading and in sentences."""
    kind: Kind
    page: SettingsPage | None = None
    """None: it has its own command and is on no page of the panel."""
    control: Text | None = None
    """The label of its button or select; None if it is typed into `form`."""
    form: FormSpec | None = None
    """On the same page."""

    def change(self, old: Any, new: Any) -> str:
        """Return the change as text, for the audit record."""
        kind = self.kind
        return texts.changed(str(self.label), kind.show(old), f"{kind.show(new)}{kind.show_change(old, new)}")


def settings_of(rules: type) -> Mapping[str, Setting]:
    """Return the settings of a dataclass's fields, by name, in order. Raises TypeError for a field without one."""
    return _settings_of(rules)


@functools.cache
def _settings_of(rules: type) -> Mapping[str, Setting]:
    hints = get_type_hints(rules, include_extras=True)
    return MappingProxyType({each.name: _setting(each.name, hints[each.name]) for each in fields(rules)})


def _setting(name: str, hint: Any) -> Setting:
    found = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Setting)]
    if len(found) != 1:
        raise TypeError(f"the field {name} needs one Setting, and has {len(found)}")
    return found[0]
