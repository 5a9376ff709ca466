"""What people read is in its package's `texts.py`, so that it can be reworded or translated without touching logic.

A package with many subjects has a package `texts` instead, with a module for each.

A literal counts as a sentence if it starts with a capital letter, has a space, and is long or ends like a sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
SENTENCE_CHARS = 20
EXEMPT = {
    "bot/app/host/command_line.py": "help of the command line, a part of its definition as in bot/cli.py",
    "bot/catalogue/operations": "data: a field's label and sample are part of its definition, next to its limits",
    "bot/language/po_files.py": "what is wrong in a translator's file: of a build, in English like gettext's own",
    "bot/generation/rewrites.py": "instructions to models: no person reads them, and they stay English",
    "bot/domain/words/orders.py": "instructions to models: no person reads them, and they stay English",
    "sandbox/studio/answers.py": "samples: the prompts that the sandbox rewrites are what a model would return",
    "sandbox/studio/faults.py": "data: the table of faults, which docs/sandbox.md repeats and a test compares",
    "sandbox/studio/variant.py": "data: invented operations of the sandbox, like the catalogue's",
    "bot/fleet/postgresql": "SQL of PostgreSQL, which a program reads",
    "bot/runtime/metrics.py": "a metric's help is part of its definition, read by monitoring and not by people here",
}
DEVELOPER_ERRORS = frozenset({"AssertionError", "KeyError", "RuntimeError", "TypeError", "ValueError"})
"""Raised for a fault in the code, or caught and turned into a sentence: nobody but a developer reads their words."""
SQL = (
    "AFTER ", "ALTER TABLE ", "COPY ", "CREATE ", "CROSS JOIN ", "DECLARE ", "DELETE ", "DROP ", "EXISTS (",
    "GROUP BY ", "INSERT ", "ORDER BY ", "PRAGMA ", "SELECT ", "SET LOCAL ", "UPDATE ", "VACUUM INTO ", "WITH ",
)  # fmt: skip
SQL_PLACEHOLDER = " = ?"


def modules() -> list[Path]:
    """Return the modules to be checked; the loose ones (cli, settings, errors) are no package and have no texts.py."""
    paths = [path for top in ("bot", "cogs", "sandbox") for path in sorted((ROOT / top).glob("*/**/*.py"))]
    return [path for path in paths if not is_texts(path) and not any(is_in(path, each) for each in EXEMPT)]


def is_texts(path: Path) -> bool:
    return path.name == "texts.py" or path.parent.name == "texts"


def is_in(path: Path, place: str) -> bool:
    return path.relative_to(ROOT).is_relative_to(place)


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and texts of the literals that look like sentences for people."""
    tree = parsed(source)
    skipped = {id(part) for node in walked(tree) for root in not_for_people(node) for part in ast.walk(root)}
    for node in walked(tree):
        text = None if id(node) in skipped else text_of(node)
        if text is not None and is_sentence(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def not_for_people(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node whose literals people do not read, or do not read from here."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):  # or a docstring
            return [node]
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name in DEVELOPER_ERRORS:
            return [node]
        case ast.JoinedStr(values=values):  # its parts; the whole is checked
            return list(values)
        # A command's description is part of its definition; Discord gets it in all languages.
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return list(node.decorator_list)
        case ast.ClassDef():
            return [*node.decorator_list, *node.keywords]
        case _:
            return []


def text_of(node: ast.AST) -> str | None:
    """Return a literal's text, an f-string's with `…` for what is filled in; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None


def is_sentence(text: str) -> bool:
    ends = text.endswith((".", "?", "!"))
    is_sql = text.startswith(SQL) or text.endswith(SQL_PLACEHOLDER)
    starts = text[:1].isupper() or (ends and text.startswith("…"))
    return starts and " " in text and (ends or len(text) >= SENTENCE_CHARS) and not is_sql


def test_texts_for_people_are_in_their_package_s_texts_module():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in modules()
        for line, text in sentences(path.read_text(encoding="utf-8"))
    ]
    assert not found, "move these to the package's texts.py:\n" + "\n".join(found)


# ---------------------------------------------------------------------- what is read in the language of the moment

COMMAND_SECTION = re.compile(r"# -+ (?:.*\b)?(?:commands?|options?|menus)\b", re.IGNORECASE)
ENGLISH_ONLY = {
    "bot/app/texts.py": "what hosts read in a terminal or a log",
    "bot/app/host": "what hosts read in a terminal or a bug report",
    "bot/delivery/host": "what hosts read of the bot in Discord",
    "bot/runtime/texts.py": "what hosts read in a terminal or a log",
    "sandbox": "what the sandbox's API, its log and the demo's host read",
    "bot/store/texts.py": "what hosts read in a terminal or a log",
    "bot/fleet/host/texts.py": "what hosts read in the terminal, in reports and in a log",
}
NO_WORDS = re.compile(r"https?://\S+|/[a-z0-9]+(?: .*)?|[A-Za-z0-9]+(?:, [A-Za-z0-9]+)+")
"""Links, examples of commands, names of kinds of files."""
WORDS = re.compile(r"[A-Za-z]{2,}[ ,.…!?:]+[A-Za-z(“*]")


def plain_constants(source: str) -> Iterator[tuple[int, str]]:
    """Yield the plain strings of a texts module that people would read in English whatever their language.

    Those of commands and options are plain: Discord gets them in all languages. They are in a section of that name.
    """
    lines = source.splitlines()
    sections = [number for number, line in enumerate(lines, 1) if line.startswith("# ---")]
    for node in parsed(source).body:
        if isinstance(node, ast.Expr) or (
            isinstance(node, ast.Assign) and is_of_commands(node.lineno, sections, lines)
        ):
            continue
        skipped = {id(part) for each in ast.walk(node) for root in not_read(each) for part in ast.walk(root)}
        for part in ast.walk(node):
            text = None if id(part) in skipped else text_of(part)
            if text is not None and WORDS.search(text) and not NO_WORDS.fullmatch(text):
                yield part.lineno, text  # type: ignore[attr-defined]


def not_read(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node in texts that are messages already, or that nobody reads."""
    match node:
        case (
            ast.Call(func=ast.Name(id="Text" | "Plural" | "tr" | "ntr" | "ptr" | "because"))
            | ast.Compare()
            | ast.Subscript()
        ):
            return [node]
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.JoinedStr(values=values):  # its parts; the whole is checked
            return list(values)
        case ast.FunctionDef(body=[ast.Expr(value=docstring), *_]):
            return [docstring]
        case _:
            return []


def is_of_commands(line: int, sections: list[int], lines: list[str]) -> bool:
    above = [each for each in sections if each < line]
    return bool(above) and COMMAND_SECTION.match(lines[above[-1] - 1]) is not None


def frozen_messages(source: str) -> Iterator[int]:
    """Yield the lines at which a message becomes a string while the module is imported: it would stay English."""
    tree = parsed(source)
    later = {
        id(part)
        for function in walked(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for statement in (function.body if isinstance(function.body, list) else [function.body])
        for part in ast.walk(statement)
    }
    for node in walked(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and id(node) not in later:
            of_text = any(
                isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id.endswith("texts")
                for each in node.args
            )
            if node.func.id in {"tr", "ntr", "ptr"} or (node.func.id == "str" and of_text):
                yield node.lineno


def text_modules() -> list[Path]:
    paths = [path for top in ("bot", "cogs", "sandbox") for path in sorted((ROOT / top).rglob("texts.py"))]
    return [path for path in paths if not any(is_in(path, each) for each in ENGLISH_ONLY)]


def test_what_people_read_is_a_message():
    found = {
        path.relative_to(ROOT).as_posix(): list(plain_constants(path.read_text(encoding="utf-8")))
        for path in text_modules()
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_no_message_becomes_a_string_while_its_module_is_imported():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for top in ("bot", "cogs", "sandbox")
        for path in sorted((ROOT / top).rglob("*.py"))
        for line in frozen_messages(path.read_text(encoding="utf-8"))
    ]
    assert found == []


# ---------------------------------------------------------------------- templates are filled with what they name

PLACE = re.compile(r"(?<!\{)\{(\w+)(?:[:!][^}]*)?\}")


def templates(path: Path) -> dict[str, frozenset[str]]:
    """Return the constants of a texts module with the names of the places in each; plain ones have none."""
    found = {}
    for node in parsed(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="Text" | "Plural"), args=args)
                | ast.Attribute(value=ast.Constant() as args, attr="format"),
            ):
                each = args if isinstance(args, list) else [args]
                found[name] = frozenset(PLACE.findall(" ".join(ast.literal_eval(message) for message in each)))
    return found


def wrongly_filled(source: str, known: dict[str, dict[str, frozenset[str]]]) -> Iterator[str]:
    """Yield the calls of templates whose values are not those that the template names."""
    if "texts" not in source:  # as most tests, which are not worth parsing for it
        return
    tree = parsed(source)
    of: dict[str, dict[str, frozenset[str]]] = {}
    named: dict[str, frozenset[str]] = {}
    for node in walked(tree):
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                bound = each.asname or each.name
                of |= {bound: known[module]} if (module := f"{node.module}.{each.name}") in known else {}
                named |= (
                    {bound: places} if (places := known.get(str(node.module), {}).get(each.name)) is not None else {}
                )
    for node in walked(tree):
        if not isinstance(node, ast.Call):
            continue
        is_partial = ast.unparse(node.func) == "partial" and len(node.args) == 1
        filled = node.args[0] if is_partial else node.func
        match filled:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in of:
                places = of[module].get(name)
            case ast.Name(id=name):
                places = named.get(name)
            case _:
                places = None
        given = frozenset(str(each.arg) for each in node.keywords)
        if places is not None and (given != places or (node.args and not is_partial)):
            yield f"{node.lineno}: {ast.unparse(filled)} names {sorted(places)}, and is given {sorted(given)}"


def all_templates() -> dict[str, dict[str, frozenset[str]]]:
    paths = [path for top in ("bot", "cogs", "sandbox") for path in sorted((ROOT / top).rglob("texts.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): templates(path) for path in paths}


def test_a_template_is_filled_with_what_it_names():
    known = all_templates()
    assert sum(bool(places) for each in known.values() for places in each.values()) > 100
    wrong = {
        str(path.relative_to(ROOT)): found
        for top in ("bot", "cogs", "sandbox", "tests", "tools")
        for path in sorted((ROOT / top).rglob("*.py"))
        if (found := list(wrongly_filled(path.read_text(encoding="utf-8"), known)))
    }
    assert wrong == {}
