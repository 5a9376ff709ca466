"""Report what texts and documents don't say with the product's one word for it: the table "Words" in docs/design.md.

Read are the members' messages, the sentences for hosts in modules of texts and on the command line, and the documents'
pages; generated tables, decisions and records keep their words. Run by `make check`.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from found_messages import all_found

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "design.md"
TITLE, HEAD = "## Words\n", "| what it is | the word | never | where |"
EVERYWHERE, MESSAGES = "everywhere", "messages"
CODE = re.compile(r"```.*?```|`[^`]*`|\{[a-z_]+\}|https?://\S+|[\[{]+\".*[\]}]+", re.DOTALL)
"""What is no prose: code, places, links, JSON."""
GENERATED = re.compile(r"<!-- (\w[\w-]*) -->.*?<!-- /\1 -->", re.DOTALL)
NO_PROSE = re.compile(
    r"^ *```.*?^ *```|^ *````.*?^ *````|`[^`\n]*`|\]\([^)]*\)|https?://\S+|<!--.*?-->", re.DOTALL | re.MULTILINE
)
"""Records of what happened."""
HOSTS_TEXTS = ("cli.py", "command_line.py", "texts.py")
OTHER_SENSES = re.compile(r"film noir|Edit and run")
"""A kind of look, and a label with the word in it."""
OWN_NAMES = frozenset({"cancelled", "character variant", "Enhance Variant Prompt"})
"""Messages that are others' names: values of options, which released buttons have in their ids, and Cannon Studio's."""
BRITISH = re.compile(
    r"\b(?:colour|favour|behaviour|centre|cancell|labell|modell|signall|travell)\w*|\bgrey\b|\blicence\b|\bdialogue\b|"
    r"\b(?:recogn|organ|real|summar|local|optim|capital|author|apolog|minim|maxim|util|priorit)"
    r"is(?:e|es|ed|ing|ation)\b",
    re.IGNORECASE,
)
NO_SERIAL_COMMA = re.compile(r"\b[\w’']+, (?:an? |the )?[\w’']+ (?:and|or) [\w’']+")
"""A list of three words without its last comma; looked for in messages only, where it is never the end of a clause."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A word that is not written, the one that is, and whether the documents keep to it, too."""

    never: re.Pattern[str]
    instead: str
    everywhere: bool


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rows of the table."""
    text = TABLE.read_text(encoding="utf-8")
    rows = text[text.index(TITLE) :].split(HEAD)[1].split("\n\n")[0].splitlines()[2:]
    return tuple(_rule(*(cell.strip() for cell in row.strip("|").split("|"))) for row in rows)


def _rule(_what: str, word: str, never: str, where: str) -> Rule:
    if where not in {EVERYWHERE, MESSAGES}:
        raise ValueError(f"{where} is neither {EVERYWHERE} nor {MESSAGES}")
    words = "|".join(map(re.escape, re.findall(r"`([^`]+)`", never)))
    return Rule(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), word, where == EVERYWHERE)


def faults(text: str, *, is_message: bool) -> Iterator[str]:
    """Yield what is wrong in a text, with the word that is written instead."""
    text = OTHER_SENSES.sub("X", text)
    for rule in rules():
        if is_message or rule.everywhere:
            yield from (f"“{each}”: write {rule.instead}" for each in rule.never.findall(text))
    yield from (f"“{each}”: American spelling" for each in BRITISH.findall(text))
    if is_message:
        yield from (f"“{each}”: a comma before the last" for each in NO_SERIAL_COMMA.findall(text))


@functools.cache
def messages() -> tuple[str, ...]:
    """Return every English message but the names of commands, each plural as two."""
    found = [each for each in all_found() if each.context != "name"]
    return tuple(dict.fromkeys(said for each in found for said in (each.one, each.many) if said))


def hosts_sentences() -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each string of two words or more in modules of texts and of the command line."""
    for top in ("bot", "cogs", "sandbox"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if path.name in HOSTS_TEXTS:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                docstrings = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
                for node in ast.walk(tree):
                    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
                        continue
                    if " " in node.value.strip():
                        yield str(path.relative_to(ROOT)), node.value


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the prose of each page that people write."""
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        if "decisions" not in path.parts:
            yield str(path.relative_to(ROOT)), NO_PROSE.sub("X", GENERATED.sub("", path.read_text(encoding="utf-8")))


def all_faults() -> list[str]:
    """Return every fault with its place, each once."""
    said = {each: "a message" for each in messages() if each not in OWN_NAMES}
    said |= {text: place for place, text in hosts_sentences() if text not in said and text not in OWN_NAMES}
    found = [
        f"{place}: {fault} in: {text}"
        for text, place in said.items()
        for fault in faults(CODE.sub("X", text), is_message=True)
    ]
    return found + [f"{place}: {fault}" for place, text in pages() for fault in faults(text, is_message=False)]


def main() -> int:
    """Print the faults; return 1 if there are any."""
    found = all_faults()
    sys.stderr.write("".join(f"{each}\n" for each in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
