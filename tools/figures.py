"""Print the figures of the house: lines, modules, imports, rooms. Run by `make figures`."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path

from bot.app.entry_points import describe_commands

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
from refusals import refusals  # noqa: E402 - found by the line above

from tests.support.command_rows import rows  # noqa: E402

FLEET = "bot/fleet/"
NOT_FOR_A_NEWCOMER = (FLEET,)
PRICE = re.compile(r"price|pricing")
SEVERAL_PROCESSES = re.compile(
    r"""\b(?:fleet\w*|is_fleet)\b                                    # the package, and whether there is a fleet
    |(?:store|database)\.is_shared|^[ ]{4}is_shared[ ]=[ ](?:True|False)  # whether others may be on the database
    |(?<![A-Za-z])_?(?:un)?[Ll]eases?d?(?![a-z])                   # what a process has for a while
    |[Ll]eader(?:ship)?(?![a-z])|\bleads\b(?=[(:,)=]|[ ]is[ ]|;)|\.leads\b
    |\bSignals\b|\bsignals\.(?:send|listen)|store\.signals       # messages
    |\b(?:an?other|other|all|every|each|several|no|two|both|dead|dying|living|which|whichever|any|one[ ]of[ ]the)
        (?:'s)?[ ]process(?:es)?\b(?!')                            # what another does
    """,
    re.MULTILINE | re.VERBOSE,
)
"""What a line says that knows of several processes: docs/decisions/0028-when-to-look.md."""


def knowing() -> dict[str, int]:
    """Return how many lines say so, by module outside the fleet's package."""
    found = {}
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        if not name.startswith(FLEET) and (count := sum(bool(SEVERAL_PROCESSES.search(line)) for line in lines)):
            found[name] = count
    return found


def modules() -> list[Path]:
    """Return the modules of bot/ and cogs/."""
    return [path for top in ("bot", "cogs", "sandbox") for path in sorted((ROOT / top).rglob("*.py"))]


def import_lines(tree: ast.Module) -> int:
    """Return how many lines a module's imports take."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in found)


def words_about_code(source: str, tree: ast.Module) -> int:
    """Count the words of a module's docstrings and comments."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, holders)]
    said += re.findall(r"(?m)(?:^|\s)# (.*)$", source)
    return sum(len(each.split()) for each in said)


def rooms_inside() -> Counter[str]:
    """Return the number of modules and packages in each package."""
    folders = {path.parent for path in modules()}
    inside = Counter(
        {
            str(folder.relative_to(ROOT)): sum(
                (each.suffix == ".py" and each.stem != "__init__") or (each / "__init__.py").is_file()
                for each in folder.iterdir()
            )
            for folder in folders
        }
    )
    return Counter({name: count for name, count in inside.items() if "/" in name})


def main() -> None:
    """Print the figures, one a line."""
    sources = {path: path.read_text(encoding="utf-8") for path in modules()}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    lines = {path: len(source.splitlines()) for path, source in sources.items()}
    names = {path: path.relative_to(ROOT).as_posix() for path in sources}
    core = sum(count for path, count in lines.items() if not names[path].startswith(NOT_FOR_A_NEWCOMER))
    imports = sum(import_lines(tree) for tree in trees.values())
    priced = {path.parent for path in sources if PRICE.search(names[path])}
    (largest, most), *_ = rooms_inside().most_common(1)
    print(f"lines of bot/ and cogs/          {sum(lines.values()):,}")
    print(f"of which a newcomer must know    {core:,}")
    print(f"modules                          {len(sources)}")
    print(f"import lines                     {imports / sum(lines.values()):.1%}")
    print(f"words of docstrings and comments {sum(words_about_code(sources[path], trees[path]) for path in sources):,}")
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    print(f"words of documents               {sum(len(path.read_text('utf-8').split()) for path in documents):,}")
    print(f"rooms that say price             {len(priced)}")
    several = knowing()
    print(f"files that know several processes {len(several)} outside bot/fleet, in {sum(several.values())} lines")
    print(f"most rooms in one view           {most} ({largest})")
    print(f"sentences that refuse            {len(refusals())}")
    commands = rows(describe_commands())
    options = [len(each["options"]) for each in commands]
    print(f"commands in Discord's list       {len(commands)}: {sum(options)} options, at most {max(options)} each")


if __name__ == "__main__":
    main()
