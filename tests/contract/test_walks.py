"""How far a request travels from `JobService.accept`: its parameter, followed through the calls from file to file.

A name holds the request if it is the parameter, or is assigned from an expression, or loops over one, in which such a
name stands whole. An attribute of it (`spec.origin`, `job.input`) is a part; a name of a part is not followed.

A call is entered if its name tells the function: of the same module, imported by name, of `self`, or of what the class
keeps as `self.name` with a type in its annotations. With the request itself among its arguments the function is read
in turn, once, all its branches in the order of the text; with no more than a part it is entered and left. What the
name does not tell is not entered: the store's repositories, the catalogue of the moment, templates of texts.

A stay is a run of entries into one file, a room is a file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from tools.refusals import parsed

ROOT = Path(__file__).resolve().parents[2]
STAYS_MAX, ROOMS_MAX = 28, 12  # 25 is asked for: guesses and what fits are judged between the policy and the limits
Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass(frozen=True)
class Door:
    """A function of the house; `owner` is its class, '' for none."""

    file: str
    owner: str
    name: str


@dataclass
class House:
    """What the modules define, import by name, and keep in their classes."""

    functions: dict[Door, Function] = field(default_factory=dict)
    classes: set[tuple[str, str]] = field(default_factory=set)
    imports: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    kept: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """The class's name by file, class and attribute of `self`."""

    def read(self, file: str, source: str) -> None:
        for node in parsed(source).body:
            if isinstance(node, Function):
                self.functions[Door(file, "", node.name)] = node
            elif isinstance(node, ast.ClassDef):
                self._read_class(file, node)
            elif isinstance(node, ast.ImportFrom) and node.module:
                base = node.module.replace(".", "/")
                for name in node.names:
                    module = (f"{base}/{name.name}.py", "")
                    is_module = (ROOT / module[0]).is_file()
                    self.imports[file, name.asname or name.name] = module if is_module else (f"{base}.py", name.name)

    def _read_class(self, file: str, node: ast.ClassDef) -> None:
        self.classes.add((file, node.name))
        for each in node.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                self._keep(file, node.name, each.target.id, each.annotation)
            elif isinstance(each, Function):
                self.functions[Door(file, node.name, each.name)] = each
                if each.name == "__init__":
                    self._read_init(file, node.name, each)

    def _read_init(self, file: str, owner: str, init: Function) -> None:
        typed = {each.arg: each.annotation for each in (*init.args.args, *init.args.kwonlyargs)}
        for part in ast.walk(init):
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Attribute):
                made = part.value.func if isinstance(part.value, ast.Call) else part.value
                self._keep(file, owner, part.targets[0].attr, typed.get(getattr(made, "id", ""), made))

    def _keep(self, file: str, owner: str, name: str, annotation: ast.expr | None) -> None:
        if isinstance(annotation, ast.Name):
            self.kept[file, owner, name] = annotation.id

    def called(self, at: Door, call: ast.expr) -> Door | None:
        """The function that a call's name tells; of a class its `__init__`."""
        match call:
            case ast.Name(id=name):
                where, what = self._defined(at, name)
                is_class = (where, what) in self.classes
                found = Door(where, what, "__init__") if is_class else Door(where, "", what)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                found = Door(at.file, at.owner, name)
            case ast.Attribute(value=ast.Name(id=base), attr=name):
                found = Door(*self._defined(at, base), name)
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=kept), attr=name):
                found = Door(*self._defined(at, self.kept.get((at.file, at.owner, kept), "")), name)
            case _:
                return None
        return found if found in self.functions else None

    def _defined(self, at: Door, name: str) -> tuple[str, str]:
        return self.imports.get((at.file, name), (at.file, name))


def house() -> House:
    found = House()
    for package in ("bot", "cogs", "sandbox"):
        for path in sorted((ROOT / package).rglob("*.py")):
            found.read(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    return found


def whole(node: ast.AST) -> set[str]:
    """The names that stand whole in an expression."""
    match node:
        case ast.Attribute(value=ast.Name()):
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            given = {
                name for each in node.generators if whole(each.target) & whole(node.elt) for name in whole(each.iter)
            }
            return given | whole(node.elt)
        case _:
            return set().union(*map(whole, ast.iter_child_nodes(node)))


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a piece of code, what is evaluated first before what needs it."""
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, Loop):
        children.sort(key=lambda each: not isinstance(each, ast.comprehension))
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node
    for child in children:
        yield from in_order(child)
    if not isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node


class Walk:
    """A parameter's way: `doors` are the functions it enters, in order."""

    def __init__(self, house: House, start: Door, parameter: str) -> None:
        self.doors: list[Door] = []
        self._house = house
        self._passed: set[Door] = set()
        self._enter(start, {parameter})

    @property
    def stays(self) -> list[str]:
        return [file for file, _ in groupby(door.file for door in self.doors)]

    def _enter(self, door: Door, held: set[str]) -> None:
        self.doors.append(door)
        if door in self._passed:
            return
        self._passed.add(door)
        for statement in self._house.functions[door].body:
            for part in in_order(statement):
                self._pass(door, part, held)

    def _pass(self, door: Door, part: ast.AST, held: set[str]) -> None:
        match part:
            case ast.Assign(targets=targets, value=value) if whole(value) & held:
                held |= set().union(*map(whole, targets))
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value)
            ) if whole(value) & held:
                held |= whole(target)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value) if (
                whole(value) & held
            ):
                held |= whole(target)
            case ast.Call() if (callee := self._house.called(door, part.func)) is not None:
                self._call(callee, part, held)

    def _call(self, callee: Door, call: ast.Call, held: set[str]) -> None:
        """Enter with the callee's parameters that hold the request; with a part of it only look in."""
        spec = self._house.functions[callee].args
        names = [each.arg for each in (*spec.posonlyargs, *spec.args)]
        if callee.owner and names[:1] in (["self"], ["cls"]):
            names = names[1:]
        given = [*zip(names, call.args, strict=False), *((each.arg or "", each.value) for each in call.keywords)]
        if into := {name for name, value in given if whole(value) & held}:
            self._enter(callee, into)
        elif any(isinstance(value, ast.Attribute) and ast.unparse(value).split(".")[0] in held for _, value in given):
            self.doors.append(callee)


def test_a_request_is_accepted_on_a_short_way() -> None:
    walk = Walk(house(), Door("bot/jobs/intake.py", "JobService", "accept"), "spec")
    route = [f"{door.file} {door.name}" for door in walk.doors]
    assert "bot/domain/money/spending_policy.py decide" in route, "it comes to the policy that decides"
    assert "bot/domain/money/limit_rules.py draws_within_limits" in route, "and to the limits"
    assert len(walk.stays) <= STAYS_MAX, route
    assert len(set(walk.stays)) <= ROOMS_MAX, route


ACROSS = {
    "bot/a.py": """
from bot.b import Clerk, counted
class Desk:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
    def take(self, wish):
        self._log(wish.id)
        for each in wish:
            found = self._clerk.judge(each)
        counted(found)
        counted(3)
    def _log(self, number):
        counted(number)
""",
    "bot/b.py": """
class Clerk:
    def judge(self, one):
        return counted(one)
def counted(one): ...
""",
}


def test_a_walk_enters_what_gets_the_parameter_and_looks_in_where_only_a_part_goes() -> None:
    found = House()
    for file, source in ACROSS.items():
        found.read(file, source)
    walk = Walk(found, Door("bot/a.py", "Desk", "take"), "wish")
    assert [door.name for door in walk.doors] == ["take", "_log", "judge", "counted", "counted"]
    assert walk.stays == ["bot/a.py", "bot/b.py"]
