"""What moderators type, and how settings read."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType, SimpleNamespace
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.domain.server.guild_rules import (
    Payer,
    PictureCount,
    ReviewPrivate,
    Rules,
    Spoilers,
    Strength,
)
from bot.domain.server.reaction_rules import ReactionAction, Seeding
from bot.domain.server.setting import (
    CHANNEL,
    COUNT,
    SWITCH,
    WORDS_MAX,
    FormSpec,
    Setting,
    SettingsPage,
    Widget,
    choice,
    nearest_zones,
    settings_of,
    zone_named,
    zone_names,
)
from bot.domain.words.text import WordList, full_stop, one_line
from bot.errors import InputError
from bot.language import Text
from bot.server.settings import change_as_json, change_text
from cogs.moderate.settings.panel import Known, panel
from cogs.moderate.settings.texts import NOT_SET
from cogs.ui.controls import Control
from cogs.ui.forms import INPUTS
from cogs.ui.panels import PanelPage
from tests.support.settings_pages import page_facts

CHANGED = Rules(
    moderator_role=1,
    allowed_channels=frozenset({2, 3}),
    forbidden_channels=frozenset({4}),
    unchecked_only_in_age_restricted=False,
    own_accounts=False,
    running_per_member=4,
    retention_days=30,
    queued_per_member=11,
    running_per_server=21,
    job_ceiling=Decimal(5),
    confirm_above=Decimal(6),
    approve_above=Decimal("7.5"),
    approval_channel=8,
    approve_own=True,
    log_channel=9,
    cast_channel=10,
    starter_styles=False,
    rerun_payer=Payer.OFF,
    review_private=ReviewPrivate.ON,
    spoilers=Spoilers.ALWAYS,
    words=("stoat",),
    ping=False,
    answer_words=False,
    default_models=MappingProxyType({"image.generate": "gptimage2"}),
    pictures=PictureCount.FOUR,
    vary_strength=Strength.SUBTLE,
    language="pt-BR",
    default_voice="v_ada",
    voice_labels=MappingProxyType({"v_ada": "Ada"}),
    timezone="Europe/Berlin",
    paused=True,
    estimate_tool=False,
    ai_label=False,
    gallery_channel=11,
    gallery_stars=0,
    reactions=frozenset({ReactionAction.RERUN}),
    seeds=Seeding.OFF,
)


def test_each_field_has_its_one_setting_with_words_of_its_own():
    settings = settings_of(Rules)
    assert list(settings) == [each.name for each in fields(Rules)]
    assert len({each.label for each in settings.values()}) == len(settings)
    for name, each in settings.items():
        default, changed = getattr(Rules(), name), getattr(CHANGED, name)
        assert each.kind.show(changed) != each.kind.show(default)
        for value in (default, changed):
            assert each.kind.parse(json.loads(json.dumps(each.kind.to_json(value)))) == value


def test_each_setting_on_a_page_can_be_changed_there_and_only_what_other_commands_change_is_on_none():
    for name, each in settings_of(Rules).items():
        is_typed = each.kind.widget is Widget.INPUT
        assert (each.page is None) == (name in {"paused", "voice_labels"})
        assert is_typed == (each.form is not None) == (each.kind.typing is not None)
        assert each.form is None or each.form.page is each.page


def test_the_settings_of_a_form_fit_into_it():
    forms = [each.form for each in settings_of(Rules).values() if each.form is not None]
    assert all(forms.count(form) <= INPUTS for form in forms)
    assert len({form.id for form in forms}) == len(set(forms))


def test_a_field_without_a_setting_is_refused():
    @dataclass(frozen=True, kw_only=True)
    class Bare(Rules):
        mood: bool = False

    with pytest.raises(TypeError, match="mood"):
        settings_of(Bare)


def test_a_change_names_each_setting_with_its_old_and_its_new_value():
    text = change_text(Rules(), CHANGED, 1)
    assert text.count(" → ") == len(fields(Rules))
    assert "Ask a moderator for approval above: never → 7.5 credits" in text
    assert "Forbidden words: no words → 1 word (1 added, 0 removed)" in text
    assert "stoat" not in text
    assert change_as_json(Rules(), CHANGED)["words"] == [None, ["stoat"]]
    assert change_as_json(CHANGED, Rules())["approve_above"] == ["7.5", None]


def test_no_change_has_no_words():
    assert change_text(CHANGED, CHANGED, 1) == ""
    assert change_as_json(CHANGED, CHANGED) == {}


# ---------------------------------------------------------------------- a new setting is one field


class Mood(StrEnum):
    CALM = "calm"
    WILD = "wild"


MOODS = {Mood.CALM: Text("calm, as a rule"), Mood.WILD: Text("wild")}
EXTRA = FormSpec(id="extra", page=SettingsPage.LIMITS, title=Text("Extra"), button=Text("Extra…"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedRules(Rules):
    sparkle: Annotated[bool, Setting(label=Text("Sparkle"), kind=SWITCH, page=SettingsPage.LIMITS)] = False
    mood: Annotated[
        Mood,
        Setting(
            label=Text("Mood"),
            kind=choice(MOODS, prefix=Text("Mood")),
            page=SettingsPage.LIMITS,
        ),
    ] = Mood.CALM
    stage: Annotated[int | None, Setting(label=Text("Stage"), kind=CHANNEL, page=SettingsPage.LIMITS)] = None
    encores: Annotated[int, Setting(label=Text("Encores"), kind=COUNT, page=SettingsPage.LIMITS, form=EXTRA)] = 1


INVENTED = InventedRules(sparkle=True, mood=Mood.WILD, stage=7, encores=2)
KNOWN = Known(catalogue=Catalogue(), switched_off=0, channel_ids=frozenset({7}), role_ids=frozenset(), now=1_000.0)


def controls(page: SettingsPage) -> dict[str, Any]:
    view = panel(page, INVENTED, KNOWN).view()
    return {item.custom_id: item.item for item in view.walk_children() if isinstance(item, Control)}


def shown(page: SettingsPage) -> dict[str, str]:
    return facts(panel(page, INVENTED, KNOWN))


def facts(drawn: PanelPage) -> dict[str, str]:
    return page_facts(SimpleNamespace(components=drawn.view().to_components()))


async def test_a_new_setting_is_kept_said_and_shown_from_its_one_line():
    assert INVENTED.to_json() == {"sparkle": True, "mood": "wild", "stage": 7, "encores": 2}
    assert InventedRules.from_json({**INVENTED.to_json(), "ping": False}) == replace(INVENTED, ping=False)
    assert InventedRules.from_json({"mood": "sad", "encores": 0, "sparkle": True}) == InventedRules(sparkle=True)
    assert change_text(InventedRules(), INVENTED, 1) == (
        "<@1> changed settings: Sparkle: off → on; Mood: calm, as a rule → wild; "
        "Stage: no channel → <#7>; Encores: 1 → 2."
    )
    assert shown(SettingsPage.LIMITS)["Stage"] == "<#7>"
    limits = shown(SettingsPage.LIMITS)
    assert (limits["Sparkle"], limits["Encores"], limits["Mood"]) == ("on", "2", "Mood: wild")


async def test_a_new_setting_gets_the_control_of_its_kind():
    limits = controls(SettingsPage.LIMITS)
    assert limits["c1:set_flip:sparkle"].label == "Turn off"
    assert [(each.label, each.default) for each in limits["c1:set_choice:mood"].options] == [
        ("Mood: calm, as a rule", False),
        ("Mood: wild", True),
    ]
    assert limits["c1:set_form:extra"].label == "Extra…"
    stage = limits["c1:set_channels:stage"]
    assert (stage.placeholder, [each.id for each in stage.default_values]) == ("Stage", [7])


# ---------------------------------------------------------------------- what is typed


@pytest.mark.parametrize(
    ("typed", "name"),
    [("utc", "UTC"), ("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York")],
)
def test_a_zone_is_found_in_any_case(typed, name):
    assert zone_named(typed) == name


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("new york", "America/New_York")],
)
def test_a_zone_that_is_none_gets_the_nearest(typed, near):
    with pytest.raises(InputError, match=near):
        zone_named(typed)


@given(st.text(max_size=60))
def test_nothing_that_is_typed_as_a_zone_breaks(typed):
    assert len(nearest_zones(typed)) <= 3
    if "_".join(typed.split()).lower() in zone_names():
        assert str(Rules(timezone=zone_named(typed)).zone) == zone_named(typed)
    else:
        with pytest.raises(InputError, match="no such time zone"):
            zone_named(typed)


@given(st.text(max_size=80))
def test_a_sentence_ends_with_exactly_one_stop(text):
    ended = full_stop(one_line(text))
    assert ended == "" or ended[-1] in ".。!?…！？" or ended.endswith((".)", "。\N{FULLWIDTH RIGHT PARENTHESIS}"))
    assert not ended.endswith(("..", "。.", "。。"))


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("a", "a."),
        ("a.", "a."),
        ("a...", "a."),
        ("a. .", "a."),
        ("a!", "a!"),
        ("a?", "a?"),
        ("a…", "a…"),
        ("...", ""),
        ("a (b.)", "a (b.)"),
        ("a (b)", "a (b)."),
        ("だめ", "だめ。"),
        ("だめ。", "だめ。"),
        ("だめ！", "だめ！"),
    ],
)
def test_how_a_reason_ends(text, ended):
    assert full_stop(text) == ended


def typed_as(name: str, text: str) -> Any:
    setting = settings_of(Rules)[name]
    assert setting.kind.typing is not None
    return setting.kind.typing.read(text, str(setting.label), name)


def test_words_are_kept_once_in_lower_case_and_each_is_found():
    words = typed_as("words", " Stoat,\n BADGER ; stoat\n\nold\tmole")
    assert words == ("stoat", "badger", "old mole")
    assert all(WordList.of(words).first_in([f"an {word.upper()} here"]) == word for word in words)


@pytest.mark.parametrize(
    "typed", ["!?", "a" * 61, "\n".join(f"w{number}" for number in range(WORDS_MAX + 1)), "ok,\u3164"]
)
def test_a_list_that_cannot_work_is_refused(typed):
    with pytest.raises(InputError):
        typed_as("words", typed)


def test_a_long_list_of_odd_words_fits_into_a_field_of_the_panel():
    words = tuple(f"{'_*' * 25}{number}" for number in range(WORDS_MAX))
    listed = facts(panel(SettingsPage.WORDS, Rules(words=words), KNOWN))["Forbidden words"]
    assert len(listed) <= 1024
    assert listed.count("||") == 2
    assert listed.endswith("…||")


@given(st.decimals(min_value=0, max_value=999_999_999, places=3))
def test_a_threshold_can_be_typed_as_it_is_shown(amount):
    typing = settings_of(Rules)["job_ceiling"].kind.typing
    assert typing is not None
    assert typed_as("job_ceiling", typing.write(amount)) == amount


def test_no_threshold_is_shown_and_typed_as_nothing():
    typing = settings_of(Rules)["job_ceiling"].kind.typing
    assert typing is not None
    assert typing.write(None) == ""
    assert typed_as("job_ceiling", "") is None


def test_what_an_empty_setting_means_is_said_of_settings_that_can_be_empty():
    empty = (None, "", (), frozenset(), {})
    settings = {name for name, each in settings_of(Rules).items() if each.page is not None}
    can_be_empty = {name for name in settings if getattr(Rules(), name) in empty}
    assert set(NOT_SET) <= can_be_empty
    assert can_be_empty - set(NOT_SET) == {"retention_days"}  # its own kind says what None means
