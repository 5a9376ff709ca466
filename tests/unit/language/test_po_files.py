"""Files of translators' tools are read as they are written, or rejected with the line and what to do."""

from __future__ import annotations

import gettext
from io import BytesIO
from pathlib import Path

import pytest

from bot.language import CatalogueError
from bot.language.catalogues import compiled
from bot.language.current import LOCALES
from bot.language.po_files import check, read

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
FRENCH = HEADER + '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
OPEN = 'msgid "Open"\nmsgstr "Ouvert"\n'


def written(place: Path, content: str | bytes, name: str = "fr.po") -> Path:
    file = place / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def shown(source: Path) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(BytesIO(compiled(source)))


# ---------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + (FRENCH + OPEN).encode(), id="byte order mark"),
        pytest.param((FRENCH + OPEN).replace("\n", "\r\n").encode(), id="Windows"),
        pytest.param((FRENCH + OPEN).replace("\n", "\r").encode(), id="old Mac"),
        pytest.param(b"\xef\xbb\xbf" + (FRENCH + OPEN).replace("\n", "\r\n").encode(), id="Poedit on Windows"),
        pytest.param(FRENCH + 'msgid ""\n"Op"\n"en"\nmsgstr ""\n"Ou"\n"vert"', id="wrapped, no last line end"),
        pytest.param(FRENCH + '#| msgid "Opened"\n#, python-brace-format\n' + OPEN, id="earlier wording"),
        pytest.param(
            FRENCH + OPEN + '\n#, fuzzy\n#~| msgid "Old"\n#~ msgid "Gone"\n#~ msgstr "Parti"\n', id="obsolete"
        ),
        pytest.param("#, fuzzy\n" + FRENCH + OPEN, id="header marked fuzzy"),
        pytest.param(
            "# Copyright\n#\n" + FRENCH + "#. note\n#: bot/a b.py:12 cogs/c.py\n# mine\n" + OPEN, id="comments"
        ),
        pytest.param(OPEN, id="no header"),
    ],
)
def test_the_forms_of_translators_tools_are_read(tmp_path: Path, content: str | bytes):
    source = written(tmp_path, content)
    assert shown(source).gettext("Open") == "Ouvert"
    assert [each.id for each in read(source) if each.id] == ["Open"]


# ---------------------------------------------------------------------- what is rejected


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (FRENCH.encode() + b'msgid "Open"\nmsgstr "D\xe9j\xe0"\n', 7, "not UTF-8"),
        (FRENCH + "<<<<<<< ours\n" + OPEN, 6, "misformatted keyword"),
        (FRENCH + 'msgid "Open"\n\nmsgid "New"\nmsgstr "Neuf"\n', 6, "missing msgstr"),
        (
            FRENCH + 'msgid "one"\nmsgid_plural "many"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] "trois"\n',
            6,
            "more translations than num_plurals",
        ),
        (HEADER + '"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"\n' + OPEN, 1, "header can't be read"),
        (HEADER + '"Plural-Forms: nplurals=2; plural=(n > ;\\n"\n' + OPEN, 1, "header can't be read"),
        (
            FRENCH + '#, python-brace-format\nmsgid "{name} runs"\nmsgstr "{nom} court"\n',
            7,
            "{nom} is not in the message",
        ),
        (FRENCH + '#, python-brace-format\nmsgid "{name} runs"\nmsgstr "{name court"\n', 7, "expected '}'"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_line(tmp_path: Path, content: str | bytes, line: int, what: str):
    source = written(tmp_path, content)
    with pytest.raises(CatalogueError) as rejected:
        compiled(source)
    assert str(rejected.value).startswith(f"fr.po:{line}: ")
    assert what in str(rejected.value)
    assert not list(tmp_path.glob("*.mo"))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("klingon.po", OPEN, "Discord has no such language"),
        ("fr.po", FRENCH, "no message is translated"),
        ("fr.po", FRENCH + 'msgid "Open"\nmsgstr ""\n', "no message is translated"),
        ("fr.po", FRENCH + "#, fuzzy\n" + OPEN, "no message is translated"),
        ("en.po", OPEN, "Discord has no such language"),
    ],
)
def test_no_build_has_a_language_without_words_or_with_another_name(tmp_path: Path, name: str, content: str, what: str):
    written(tmp_path, content, name)
    with pytest.raises(CatalogueError, match=what):
        check(tmp_path)


def test_a_build_has_what_is_there():
    check(LOCALES)


# ---------------------------------------------------------------------- there and back
