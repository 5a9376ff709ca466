"""Find every sentence that refuses something, and its module: for docs/sentences.md."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ERRORS = "bot/errors.py"
HOSTS_OWN = frozenset({"StartError", "SettingsError", "StoreError", "DatabaseFailing", "DatabaseTaken"})
"""The host's errors on standard error; see docs/operations.md."""
ANSWERS = ("bot/delivery/answers/texts.py",)
"""Texts about errors of others than ours."""
ENDINGS = (
    "bot/jobs/texts.py",
    "bot/delivery/texts.py",
    "bot/domain/texts.py",
    "cogs/results/texts.py",
    "cogs/jobs/texts.py",
    "cogs/words/texts.py",
)
"""Where a card's texts are about a job without a result, or a waiting one."""
TROUBLE = re.compile(
    r"refunded|can't|cannot|did not|could not|can no longer|refuse|reject|blocked|at most|do not cover|used up|is full|"
    r"Too late|failed|expired|has ended|decided not|has no result|works? only|not responding|not accepting|is busy|"
    r"unusually|went wrong|not allowed|safety check|still working|not possible|kept|no result|more than the maximum"
)
"""Contained by such texts, and not by notices."""
STOPPED = re.compile(r"so th(?:is|e) (?:job|step) (?:did|could) not|decided not to post")
"""Refusals in every module."""
MESSAGES = {"Text": 0, "Plural": 1, "tr": 0, "ntr": 1, "ptr": 1}
"""What makes a message, and its text's argument; of a plural, the form for many."""
SENTENCE = re.compile(r"(?=(?:\S+\s+){2,}).*[.!?]\Z", re.DOTALL)
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
DEPTH_MAX = 6
RECORD = re.compile(r"… \w+ed (?!.*(?:refund|can't))")
"""A line of the record of decisions, no refusal."""


def _part(key: str, module: str, words: str = "") -> tuple[str, re.Pattern[str], re.Pattern[str]]:
    return key, re.compile(module), re.compile(words)


SECTIONS = (
    _part("ended", r".*", r"so th(?:is|e) (?:job|step) (?:did|could) not|credits were refunded"),
    _part("key", r"bot/store/", r"key"),
    _part("answer", r"bot/delivery/answers/"),
    _part(
        "key",
        r"bot/account/|bot/cannon|bot/jobs|bot/domain|cogs/moderate",
        r"API key|a key|Practice|[Aa]ccount",
    ),
    _part("key", r"bot/account/"),
    _part("studio", r"bot/cannon/"),
    _part(
        "file",
        r"bot/(?:media|runtime)/|bot/delivery/texts",
        r"file|link|host|address|redirect|large|seconds|kind|empty|compress",
    ),
    _part("file", r"bot/(?:media|runtime)/"),
    _part(
        "moderator", r"bot/domain/", r"“…”|list can have|word can have|letter or a digit|time zone|emoji|Did you mean"
    ),
    _part("spend", r"bot/domain/|bot/moderation/"),
    _part("ended", r"bot/jobs/"),
    _part("post", r"bot/delivery/"),
    _part(
        "recipe",
        r".*recipe|bot/server/|cogs/member/panel|.*",
        r"recipe|[Ss]tep|preset|[Ii]nputs?\b.*(?:line|default)",
    ),
    _part("file", r"bot/generation/", r"file|link|[Uu]pload"),
    _part("input", r"bot/(?:catalogue|generation)/|cogs/workflows/"),
    _part("moderator", r"bot/(?:prices|server)/|cogs/moderate|cogs/reactions/settings"),
    _part("reaction", r"cogs/(?:reactions|words)/"),
    _part("place", r"cogs/ui/", r"channel|permission|moderators|host|server"),
    _part("moderator", r".*", r"built into the bot|could be mapped|label up to"),
    _part("result", r""),
)
"""The parts of the page: modules of texts, and words; the first match counts."""


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A sentence, with … for variables, and its texts module."""

    sentence: str
    module: str


@functools.cache
def parsed(source: str) -> ast.Module:
    """Return the tree of a module; tests that read the whole source share it, and change nothing in it."""
    return ast.parse(source)


@functools.cache
def walked(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return `ast.walk` of a tree that `parsed` has given: to find the nodes takes longer than to look at them."""
    return tuple(ast.walk(tree))


def _tree(path: str) -> ast.Module:
    return parsed((ROOT / path).read_text(encoding="utf-8"))


@functools.cache
def _named(path: str) -> dict[str, ast.AST]:
    """Return a module's top-level definitions and its classes' methods, by name."""
    found: dict[str, ast.AST] = {}
    for node in walked(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
    for node in _tree(path).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            found |= {name.id: node for name in names if isinstance(name, ast.Name)}
    return found


@functools.cache
def _imported(path: str) -> dict[str, tuple[str, str]]:
    """Return the module and name of each import from the project; '' for a module itself."""
    found = {}
    for node in walked(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in {"bot", "cogs"}:
            for each in node.names:
                as_module = _file(f"{node.module}.{each.name}")
                origin = _file(node.module)
                if as_module is not None:
                    found[each.asname or each.name] = (as_module, "")
                elif origin is not None:
                    found[each.asname or each.name] = (origin, each.name)
    return found


def _file(module: str) -> str | None:
    path = module.replace(".", "/")
    return next((each for each in (f"{path}.py", f"{path}/__init__.py") if (ROOT / each).is_file()), None)


def is_texts(path: str) -> bool:
    """Whether a module holds user-facing texts."""
    return path.endswith(("/texts.py", "_texts.py")) or "/texts/" in path


def error_classes() -> frozenset[str]:
    """Return the names of errors that members read."""
    names = {"BotError"}
    nodes = [node for path in _modules() for node in walked(_tree(path)) if isinstance(node, ast.ClassDef)]
    while True:
        more = {node.name for node in nodes for base in node.bases if isinstance(base, ast.Name) and base.id in names}
        if more <= names:
            return frozenset(names - HOSTS_OWN)
        names |= more


@functools.cache
def _modules() -> tuple[str, ...]:
    return tuple(
        path.relative_to(ROOT).as_posix() for top in ("bot", "cogs") for path in sorted((ROOT / top).rglob("*.py"))
    )


def _sentences(path: str, node: ast.AST, seen: set[tuple[str, str]], depth: int = 0) -> Iterator[Refusal]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in MESSAGES:
            at = MESSAGES[part.func.id]
            text = part.args[at] if len(part.args) > at else None
            if is_texts(path) and isinstance(text, ast.Constant) and SENTENCE.match(str(text.value).strip()):
                yield Refusal(PLACEHOLDER.sub("…", str(text.value)).replace("\n", " "), path)
        if depth < DEPTH_MAX:
            yield from _of_name(path, part, seen, depth)


def _of_name(path: str, part: ast.AST, seen: set[tuple[str, str]], depth: int) -> Iterator[Refusal]:
    where = _target(path, part)
    if (
        where is not None
        and where not in seen
        and not where[0].startswith(("bot/language/", "bot/catalogue/operations"))
    ):
        seen.add(where)
        target = _named(where[0]).get(where[1])
        if target is not None and not isinstance(target, ast.ClassDef):
            yield from _sentences(where[0], target, seen, depth + 1)


def _target(path: str, part: ast.AST) -> tuple[str, str] | None:
    """Return the module and name that an expression refers to, None for anything else."""
    imported = _imported(path)
    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
        module, name = imported.get(part.value.id, ("", "no module"))
        return (module, part.attr) if module and not name else None
    if not isinstance(part, ast.Name):
        return None
    if part.id in imported:
        module, name = imported[part.id]
        return _target(module, ast.Name(name)) or (module, name) if name else None
    return (path, part.id) if part.id in _named(path) else None


@functools.cache
def refusals() -> tuple[Refusal, ...]:
    """Return all refusing sentences, sorted."""
    classes, found = error_classes(), set[Refusal]()
    for path in _modules():
        for node in walked(_tree(path)):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in classes:
                    found |= set(_sentences(path, node.args[0], set()))
    for path in ANSWERS:
        found |= set(_sentences(path, _tree(path), set(), DEPTH_MAX))
    for path in ENDINGS:
        found |= {each for each in _sentences(path, _tree(path), set(), DEPTH_MAX) if TROUBLE.search(each.sentence)}
    for path in _modules():
        if is_texts(path) and not path.startswith("bot/sandbox/"):
            found |= {each for each in _sentences(path, _tree(path), set(), DEPTH_MAX) if STOPPED.search(each.sentence)}
    return tuple(sorted(each for each in found if not RECORD.match(each.sentence)))


def section_of(refusal: Refusal) -> str:
    """Return a sentence's part of docs/sentences.md."""
    return next(
        key for key, module, words in SECTIONS if module.match(refusal.module) and words.search(refusal.sentence)
    )


def tables() -> dict[str, str]:
    """Return each part's list as Markdown, by marker."""
    found: dict[str, list[str]] = {f"said-{key}": [] for key, _, _ in SECTIONS}
    for sentence, key in sorted({(each.sentence, section_of(each)) for each in refusals()}):
        found[f"said-{key}"].append(sentence)
    return {name: "".join(f"- {_plain(each)}\n" for each in said) for name, said in found.items()}


def _plain(sentence: str) -> str:
    """Return a sentence so that Markdown shows it as Discord does, without bold."""
    parts = re.split(r"(`[^`]*`)", sentence.replace("**", "").removeprefix("-# "))
    return "".join(part if number % 2 else re.sub(r"([<>_|])", r"\\\1", part) for number, part in enumerate(parts))
