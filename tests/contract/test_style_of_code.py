"""Names, docstrings and comments use the field's words, as the project's style has them.

What is between backticks is code, and `tools/words.py` reads texts for people.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bot", "cogs", "sandbox", "tests/support", "tools")
WORDS = (
    r"told", r"tells?", r"nobody", r"whoever", r"somebody", r"anybody", r"lest", r"anew", r"rent(?:s|ed)?", r"lacking",
    r"deeds?", r"by when", r"what came of", r"what comes of", r"whose turn", r"stands (?:for|in|where|before|alone)",
    r"given back", r"put off", r"taken back", r"takes? down", r"goes on", r"go on", r"asked for", r"who asked",
    r"looked at", r"lately", r"said yes", r"(?:are|is) not to be had", r"dearer",
    r"told so", r"(?:many|all) looks",
)  # fmt: skip
SPOKEN = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
NAMED = re.compile(
    r"(?:^|_)(?:told|untold|nobodys?|whoever|somebody|anybody|lest|anew|rents?|lacking|asking|deeds?|stands)(?:_|$)",
    re.IGNORECASE,
)
PIECE = re.compile(
    r'(?s)"""(?P<long>.*?)"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|\#(?P<comment>[^\n]*)|(?P<name>[A-Za-z_]\w*)'
)
"""A string, a comment or a name, from left to right."""
CODE = re.compile(r"`[^`]*`|noqa: [A-Z0-9, ]+")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def prose_and_names(text: str) -> tuple[list[str], set[str]]:
    """Return a module's docstrings and comments, and its names.

    A string in three quotation marks at the start of a line is a docstring. Patterns read this ten times as fast as
    Python's own parser.
    """
    said, names = [], set()
    for piece in PIECE.finditer(text):
        if piece["name"]:
            names.add(piece["name"])
        elif piece["comment"] is not None:
            said.append(piece["comment"])
        elif piece["long"] is not None and not text[text.rfind("\n", 0, piece.start()) + 1 : piece.start()].strip():
            said.append(piece["long"])
    return [CODE.sub("X", each) for each in said], names


@functools.cache
def modules() -> dict[str, tuple[list[str], set[str]]]:
    """Return what `prose_and_names` finds, by path."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): prose_and_names(path.read_text(encoding="utf-8")) for path in paths}


def old_words(said: list[str]) -> list[str]:
    """Return the words of the list in docstrings and comments."""
    return SPOKEN.findall("\n".join(said))


def old_names(names: set[str]) -> list[str]:
    """Return the names that have a word of the list as a part."""
    return sorted(name for name in names if NAMED.search(CAMEL.sub("_", name)))


def test_docstrings_and_comments_use_the_words_of_the_field():
    assert {path: found for path, (said, _) in modules().items() if (found := old_words(said))} == {}


def test_names_use_the_words_of_the_field():
    assert {path: found for path, (_, names) in modules().items() if (found := old_names(names))} == {}


def test_the_word_list_finds_what_it_names():
    said, names = prose_and_names(
        '"""What was told."""\n# whoever asked\nclass ToldPrices:\n    pass\nif_nobodys = lacking = "told"  # `told`\n'
    )
    assert old_words(said) == ["told", "whoever"]
    assert old_names(names) == ["ToldPrices", "if_nobodys", "lacking"]
