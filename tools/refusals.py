"""Find every sentence that refuses something, with its module and page: for docs/troubleshooting.md.

`python tools/refusals.py` prints them all: the page's id, the length in characters and sentences, and the English.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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


CONTINUED = {
    "bot/domain/texts.py": {"ALSO_GRANTED", "JOB_NEEDS", "JOBS_NEED", "limit_is_about"},
}
"""Sentences that only follow a refusal, which has the page: names in modules of texts."""
LONG: dict[str, str] = {}
"""Pages whose refusals may have more than two sentences, each with the reason."""
LONG_SENTENCES = 2
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A sentence, with … for variables, its texts module, and the id of its page ('' for one that follows another)."""

    sentence: str
    module: str
    why: str = ""
    forms: tuple[str, ...] = ()
    """The message as the catalogues have it, both forms of a plural."""

    @property
    def sentences(self) -> int:
        """How many sentences it is."""
        return len(SENTENCE_END.split(self.sentence))


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
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in {"bot", "cogs", "sandbox"}:
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
        path.relative_to(ROOT).as_posix()
        for top in ("bot", "cogs", "sandbox")
        for path in sorted((ROOT / top).rglob("*.py"))
    )


def _sentences(path: str, node: ast.AST, seen: set[tuple[str, str]], depth: int = 0) -> Iterator[Refusal]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in MESSAGES:
            at = MESSAGES[part.func.id]
            text = part.args[at] if len(part.args) > at else None
            if is_texts(path) and isinstance(text, ast.Constant) and SENTENCE.match(str(text.value).strip()):
                said = PLACEHOLDER.sub("…", str(text.value)).replace("\n", " ")
                forms = tuple(str(each.value) for each in part.args[: at + 1] if isinstance(each, ast.Constant))
                yield Refusal(said, path, _ids(path).get(id(part), ""), forms)
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
        if is_texts(path) and not path.startswith("sandbox/"):
            found |= {each for each in _sentences(path, _tree(path), set(), DEPTH_MAX) if STOPPED.search(each.sentence)}
    return tuple(sorted(each for each in found if not RECORD.match(each.sentence)))


def is_continued(refusal: Refusal) -> bool:
    """Whether a sentence only follows a refusal."""
    return any(
        form in _constants(_named(refusal.module)[name])
        for name in CONTINUED.get(refusal.module, ())
        for form in refusal.forms
    )


@functools.cache
def _ids(path: str) -> dict[int, str]:
    """Return the page that the code gives to each message, by the node of its call; what is inside decides."""
    found: dict[int, str] = {}
    for node in walked(_tree(path)):
        for why in _given(node):
            found |= {id(part): why for part in ast.walk(node)}
    return found


def _given(node: ast.AST) -> list[str]:
    """Return the page of the messages in a node: of a function with `because`, of `Explained`, of `Text` with `why`."""
    if isinstance(node, ast.FunctionDef):
        made = [each for each in node.decorator_list if isinstance(each, ast.Call)]
        return [why for each in made if getattr(each.func, "id", "") == "because" for why in _constants(each)]
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return []
    if node.func.id == "Explained":
        return _constants(node.args[1])
    return [why for each in node.keywords if each.arg == "why" and node.func.id in MESSAGES for why in _constants(each)]


def _constants(node: ast.AST) -> list[str]:
    return [str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)]


def table() -> Iterator[str]:
    """Yield a line for each refusal: page, characters, sentences, English, and why it may be long."""
    for each in sorted(refusals(), key=lambda refusal: (refusal.why, refusal.sentence)):
        reason = LONG.get(each.why, "") if each.sentences > LONG_SENTENCES else ""
        yield f"{each.why or '(follows another)':22} {len(each.sentence):4} {each.sentences}  {each.sentence}" + (
            f"  [{reason or 'TOO LONG'}]" if each.sentences > LONG_SENTENCES else ""
        )


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
