from __future__ import annotations

import asyncio
import gettext
import os
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.errors import InputError
from bot.language import (
    LANGUAGES,
    Text,
    amount,
    aside,
    both,
    catalogues,
    current,
    either,
    from_discord,
    listed,
    messages,
    ntr,
    percent,
    ptr,
    sentences,
    span,
    speak,
    speaking,
    tr,
    whole_day,
)
from bot.language.catalogues import compiled, translations
from bot.language.current import catalogue_names, served

PAUSED = Text("New jobs are paused.")


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak French, with a catalogue of four messages."""
    catalog = Catalog(locale="fr")
    catalog.add("New jobs are paused.", "Les nouvelles tâches sont en pause.")
    catalog.add("{name} is paused.", "{name} est en pause.")
    catalog.add(("{count} credit", "{count} credits"), ("{count} crédit", "{count} crédits"))
    catalog.add("Open", "Ouvert", context="state")
    into = BytesIO()
    write_mo(into, catalog)
    into.seek(0)
    made = gettext.GNUTranslations(into)
    nothing = gettext.NullTranslations()
    monkeypatch.setattr(messages, "translations", lambda language: made if language == "fr" else nothing)
    with speaking("fr"):
        yield


def test_a_message_is_read_in_the_language_that_is_spoken(french: None):
    assert tr("{name} is paused.", name="Ada") == "Ada est en pause."
    assert ptr("state", "Open") == "Ouvert"
    assert tr("Open") == "Open"
    with speaking("en"):
        assert tr("{name} is paused.", name="Ada") == "Ada is paused."


def test_a_constant_becomes_a_text_only_when_it_is_read(french: None):
    assert str(PAUSED) == f"{PAUSED}" == InputError(PAUSED).sentence == "Les nouvelles tâches sont en pause."
    with speaking("en"):
        assert str(PAUSED) == "New jobs are paused."


def read_from(source: str, place: Path) -> gettext.GNUTranslations:
    file = place / "fr.po"
    file.write_text(source, encoding="utf-8", newline="")
    return gettext.GNUTranslations(BytesIO(compiled(file)))


def test_a_catalogue_is_read_with_escapes_lines_and_without_what_is_not_translated(tmp_path: Path):
    read = read_from(
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
        '#. msgid "a comment"\nmsgid ""\n"Say \\"yes\\"\\n"\n"or \\\\no"\nmsgstr "Dis « oui »\\nou \\\\non"\n\n'
        'msgctxt "state"\nmsgid "Open"\nmsgstr "Ouvert"\n\nmsgid "New"\nmsgstr ""\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "un"\nmsgstr[1] "plusieurs"\n\n'
        'msgid "half"\nmsgid_plural "halves"\nmsgstr[0] "demi"\nmsgstr[1] ""\n',
        tmp_path,
    )
    assert read.gettext('Say "yes"\nor \\no') == "Dis « oui »\nou \\non"
    assert (read.pgettext("state", "Open"), read.gettext("Open"), read.gettext("New")) == ("Ouvert", "Open", "New")
    assert [read.ngettext("one", "many", count) for count in range(3)] == ["un", "un", "plusieurs"]
    assert read.ngettext("half", "halves", 2) == "halves"
    assert read.gettext("a comment") == "a comment"


def test_a_fuzzy_translation_is_not_shown(tmp_path: Path):
    read = read_from('#, fuzzy\nmsgid "Open"\nmsgstr "Fermé"\n\nmsgid "New"\nmsgstr "Nouveau"\n', tmp_path)
    assert (read.gettext("Open"), read.gettext("New")) == ("Open", "Nouveau")


def test_a_catalogue_with_the_line_ends_of_windows_is_read(tmp_path: Path):
    read = read_from('msgid "Open"\r\nmsgstr "Ouvert"\r\n\r\nmsgid "New"\r\nmsgstr "Nouveau"\r\n', tmp_path)
    assert (read.gettext("Open"), read.gettext("New")) == ("Ouvert", "Nouveau")


def test_a_source_tree_compiles_a_catalogue_again_when_it_has_changed(tmp_path: Path):
    assert read_from('msgid "Open"\nmsgstr "Ouvert"\n', tmp_path).gettext("Open") == "Ouvert"
    source, made = tmp_path / "fr.po", tmp_path / "fr.mo"
    first = made.stat()
    compiled(source)
    assert made.stat() == first
    source.write_text('msgid "Open"\nmsgstr "Libre"\n', encoding="utf-8")
    os.utime(source, ns=(first.st_mtime_ns - 1, first.st_mtime_ns - 1))  # an older one, from a backup
    assert gettext.GNUTranslations(BytesIO(compiled(source))).gettext("Open") == "Libre"
    source.unlink()  # as in a wheel
    assert gettext.GNUTranslations(BytesIO(compiled(source))).gettext("Open") == "Libre"
    assert sorted(tmp_path.iterdir()) == [made]


def test_where_nothing_can_be_written_a_catalogue_is_compiled_in_memory(tmp_path: Path):
    (tmp_path / "fr.mo").mkdir()
    assert read_from('msgid "Open"\nmsgstr "Ouvert"\n', tmp_path).gettext("Open") == "Ouvert"


def test_what_is_filled_in_is_no_template():
    assert tr("{name} is paused.", name="{secret}") == "{secret} is paused."
    assert tr("A set {with} braces") == "A set {with} braces"


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 crédit"), (2, "2 crédits"), (Decimal("1.0"), "1 crédit"), (Decimal("12.5"), "12,5 crédits")],
)
def test_a_number_chooses_the_form_and_is_written_as_there(french: None, count: Decimal | int, said: str):
    assert ntr("{count} credit", "{count} credits", count) == said


async def test_each_task_speaks_its_own_language():
    async def learn(language: str) -> str:
        speak(language)
        await asyncio.sleep(0)
        return current()

    assert await asyncio.gather(learn("de"), learn("ja")) == ["de", "ja"]
    assert current() == "en"


def test_an_unknown_language_is_refused():
    with pytest.raises(KeyError):
        speak("tlh")
    with pytest.raises(KeyError), speaking("tlh"):
        pass


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-GB", "en"), ("es-ES", "es"), ("pt-BR", "pt-BR"), ("ja", "ja"), ("ko", "en"), ("", "en"), ("de", "de")],
)
def test_a_locale_of_discord_has_a_language(locale: str, language: str):
    assert from_discord(locale) == language


@pytest.mark.parametrize(
    ("names", "locales"),
    [
        (("es",), {"en": ("en-US", "en-GB"), "es": ("es-ES", "es-419")}),
        (("es", "es-419"), {"en": ("en-US", "en-GB"), "es": ("es-ES",), "es-419": ("es-419",)}),
        (("es-419",), {"en": ("en-US", "en-GB"), "es-419": ("es-419",)}),
        (("en-GB", "ko"), {"en": ("en-US",), "en-GB": ("en-GB",), "ko": ("ko",)}),
        (("zh-CN", "klingon"), {"en": ("en-US", "en-GB"), "zh-CN": ("zh-CN",)}),
    ],
)
def test_the_names_of_the_files_are_the_languages(names: tuple[str, ...], locales: dict[str, tuple[str, ...]]):
    assert served(names) == locales


def test_a_region_says_what_its_file_leaves_out_as_its_language_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = (
        'msgid "Open"\nmsgstr "Abierto"\n\nmsgid "Video"\nmsgstr "Vídeo"\n\n'
        'msgctxt "name"\nmsgid "now"\nmsgstr "ya"\n\n'
        'msgid "{count} job"\nmsgid_plural "{count} jobs"\nmsgstr[0] "{count} trabajo"\nmsgstr[1] "{count} trabajos"\n'
    )
    (tmp_path / "es.po").write_text(whole, encoding="utf-8")
    (tmp_path / "es-419.po").write_text('msgid "Video"\nmsgstr "Video"\n\nmsgid "Open"\nmsgstr ""\n', encoding="utf-8")
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    monkeypatch.setattr(catalogues, "catalogue_names", lambda: catalogue_names(tmp_path))
    monkeypatch.setattr(catalogues, "translations", translations.__wrapped__)
    read = translations.__wrapped__("es-419")
    assert (read.gettext("Video"), read.gettext("Open"), read.pgettext("name", "now")) == ("Video", "Abierto", "ya")
    assert read.ngettext("{count} job", "{count} jobs", 2) == "{count} trabajos"
    assert read.gettext("No such message") == "No such message"
    assert translations.__wrapped__("es").gettext("Video") == "Vídeo"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.84, "0.8 s"), (42, "42 s"), (88, "1 min 28 s"), (120, "2 min"), (7500, "2 h 5 min"), (3661, "1 h 1 min")],
)
def test_a_span_has_two_units_at_most(seconds: float, said: str):
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("It failed.", "", "Try again."), "It failed. Try again."),
        (("失敗しました。", "もう一度お試しください。"), "失敗しました。もう一度お試しください。"),
        (("声のID", "「鐘」"), "声のID「鐘」"),
        (("理由：No.", "もう一度お試しください。"), "理由：No. もう一度お試しください。"),
        (("", ""), ""),
    ],
)
def test_sentences_are_joined_as_their_language_does(parts: tuple[str, ...], joined: str):
    assert sentences(*parts) == joined


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ("a, b, c", "Image (100%)", "Sep 24, 2026")),
        ("de", ("a, b, c", "Image (100%)", "24.09.2026")),
        ("ja", ("a、b、c", "Image（100%）", "2026/09/24")),  # noqa: RUF001 - Japanese brackets
    ],
)
def test_lists_notes_and_dates_have_the_signs_of_their_language(language: str, shown: tuple[str, str, str]):
    with speaking(language):
        assert (listed("abc"), aside("Image", "100%"), whole_day("2026-09-24")) == shown


def test_a_span_in_japanese_has_no_spaces():
    with speaking("ja"):
        assert (span(7500), span(88)) == ("2時間5分", "1分28秒")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_catalogue_and_its_own_numbers(language: str):
    with speaking(language):
        assert tr("No such message in any catalogue.") == "No such message in any catalogue."
        assert amount(Decimal("12.5")) in {"12.5", "12,5"}
        assert percent(0.63).startswith("63")
        assert "b" in either("ab")
        assert "b" in both("ab")


def test_lists_are_those_of_the_language():
    assert either("abc") == "a, b, or c"
    assert both("ab") == "a and b"
    with speaking("de"):
        assert either("abc") == "a, b oder c"
        assert amount(1234) == "1.234"
