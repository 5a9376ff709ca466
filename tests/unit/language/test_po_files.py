"""Files of translators' tools are read as they are written, or rejected with the line and what to do."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest
from babel.messages.pofile import read_po

from bot.language import CatalogueError
from bot.language.catalogues import compiled
from bot.language.current import LOCALES, catalogue_names, parent_of
from bot.language.po_files import check, is_final, read
from tools.translations import TEMPLATE, current, text_of, updated, without_same

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


def test_three_forms_of_a_plural_are_those_of_the_header(tmp_path: Path):
    rule = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2"
    forms = "".join(f'msgstr[{number}] "{{count}} {word}"\n' for number, word in enumerate(("файл", "файла", "файлов")))
    source = written(
        tmp_path,
        f'{HEADER}"Plural-Forms: nplurals=3; plural={rule};\\n"\n\n'
        f'#, python-brace-format\nmsgid "{{count}} file"\nmsgid_plural "{{count}} files"\n{forms}',
        "ru.po",
    )
    said = [shown(source).ngettext("{count} file", "{count} files", number) for number in (1, 2, 5, 11, 21)]
    assert said == ["{count} файл", "{count} файла", "{count} файлов", "{count} файлов", "{count} файл"]


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


def taken_in(source: Path, language: str) -> str:
    """Return a catalogue as `make translations` writes it."""
    with TEMPLATE.open("rb") as lines:
        made = read_po(lines)
    catalog, parent = updated(read(source), made), parent_of(language, catalogue_names())
    return text_of(catalog if parent is None else without_same(catalog, current(parent, made)), language)


def entries(file: polib.POFile) -> list[tuple[object, ...]]:
    return sorted(
        (
            *(each.msgctxt or "", each.msgid, each.msgid_plural, each.msgstr, str(each.msgstr_plural)),
            *(each.tcomment, each.comment, sorted(each.flags), each.previous_msgid or "", each.previous_msgctxt or ""),
        )
        for each in file
        if not each.obsolete
    )


def as_poedit(file: polib.POFile) -> bytes:
    """Write a file as Poedit does on Windows: wrapped at 79, with its headers, a mark and CRLF."""
    file.wrapwidth = 79
    file.metadata |= {
        "X-Generator": "Poedit 3.6",
        "X-Poedit-Basepath": "../../..",
        "Language": file.metadata["Language"],
    }
    return b"\xef\xbb\xbf" + str(file).replace("\n", "\r\n").encode()


def as_weblate(file: polib.POFile) -> bytes:
    """Write a file as Weblate does: wrapped at 77, in another order, with its headers and obsolete messages."""
    file.wrapwidth = 77
    file.metadata["X-Generator"] = "Weblate 5.14"
    file.reverse()
    gone = polib.POEntry(msgid="Gone", msgstr="Fort", obsolete=True, previous_msgid="Went")
    file.append(gone)
    return str(file).encode()


Tool = Callable[[polib.POFile], bytes]
QUICK = ((as_poedit, "fr"), (as_weblate, "ja"))


@pytest.mark.parametrize(
    ("tool", "language"),
    [
        pytest.param(tool, language, marks=[] if (tool, language) in QUICK else pytest.mark.long)
        for tool in (as_poedit, as_weblate)
        for language in sorted(catalogue_names())
    ],
)
def test_a_round_trip_through_a_translators_tool_loses_nothing(tmp_path: Path, tool: Tool, language: str):
    ours = (LOCALES / f"{language}.po").read_text(encoding="utf-8")
    theirs = polib.pofile(ours)
    theirs.metadata["Last-Translator"] = "Ada L. <ada@example.org>"
    theirs.header = "Translated in the evenings.\nBy Ada."
    plain, plural = theirs[3], next(each for each in theirs if each.msgid_plural)
    plain.tcomment, plain.flags, plain.previous_msgid = (
        "Is this polite?\nI think so.",
        [*plain.flags, "fuzzy"],
        'An "old"\none',
    )
    plural.flags = [*plural.flags, "fuzzy"]
    wanted, headers = entries(theirs), dict(theirs.metadata)

    source = written(tmp_path, tool(theirs), f"{language}.po")
    text = taken_in(source, language)
    back = polib.pofile(text)
    assert entries(back) == wanted
    assert back.header.strip() == "Translated in the evenings.\nBy Ada."
    assert {key: back.metadata[key] for key in headers} == headers
    assert taken_in(written(tmp_path, text, f"{language}.po"), language) == text
    assert {each.id for each in read(source) if not is_final(each)} - {""} == {
        plain.msgid,
        (plural.msgid, plural.msgid_plural),
    }
    assert shown(source).gettext(plain.msgid) == plain.msgid
