"""Dataclasses that make their methods at the first use are those that make them at once."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import KW_ONLY, field
from typing import Any, ClassVar

import pytest

from bot.runtime import machine

OPTIONS = [
    {"frozen": True, "slots": True, "kw_only": True},
    {"frozen": True, "slots": True},
    {"frozen": True},
    {"slots": True},
    {"slots": True, "eq": False},
    {"kw_only": True},
    {"frozen": True, "repr": False},
    {},
]


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "OWN", (__name__.partition(".")[0],))


def made(decorate: Callable[..., Any], **options: Any) -> Any:
    class Sample:
        kinds: ClassVar[int] = 3
        name: str
        words: list[str] = field(default_factory=list)
        secret: str = field(default="", repr=False, compare=False)
        _: KW_ONLY
        price: int = 7

        @property
        def doubled(self) -> int:
            return 2 * self.price

    return decorate(Sample, **options)


def outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (TypeError, dataclasses.FrozenInstanceError) as error:
        return type(error), str(error)


def told(cls: Any) -> list[Any]:
    """What a class does: each of these is the first use of it in turn."""

    def new() -> Any:
        return cls(name="fox", words=["a"], secret="x")

    return [
        outcome(lambda: repr(new()).partition(" at ")[0]),
        outcome(lambda: new() == cls(name="fox", words=["a"], secret="y")),
        outcome(lambda: new() == cls(name="fox", words=["a"], price=8)),
        outcome(lambda: new() == "fox"),
        outcome(lambda: isinstance(hash(cls(name="fox", words=()) if cls.__eq__ is not object.__eq__ else new()), int)),
        outcome(cls),
        outcome(lambda: cls(name="fox", colour="red")),
        outcome(lambda: cls("fox").doubled),
        outcome(lambda: cls("fox", [], "x", 9)),
        outcome(lambda: setattr(new(), "name", "wolf")),
        outcome(lambda: delattr(new(), "name")),
        outcome(lambda: dataclasses.asdict(dataclasses.replace(new(), price=9))),
        outcome(lambda: dataclasses.asdict(copy.deepcopy(new()))),
        outcome(lambda: cls(name="a").words is cls(name="a").words),
        [(each.name, each.kw_only, each.repr) for each in dataclasses.fields(cls)],
        cls.kinds,
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_they_do_the_same(options: dict[str, Any]) -> None:
    assert told(made(machine._dataclass, **options)) == told(made(dataclasses.dataclass, **options))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("first", ["__repr__", "__eq__", "__hash__"])
def test_any_of_them_may_be_the_first(options: dict[str, Any], first: str) -> None:
    """A copy is made without `__init__`."""

    def fresh(decorate: Callable[..., Any]) -> Any:
        cls = made(decorate, **options)
        value = object.__new__(cls)
        for name, each in (("name", "fox"), ("words", ()), ("secret", ""), ("price", 7)):
            object.__setattr__(value, name, each)
        return {"__repr__": lambda: repr(value).partition(" at ")[0], "__eq__": lambda: value.__eq__(value),
                "__hash__": lambda: isinstance(hash(value), int)}[first]  # fmt: skip

    assert outcome(fresh(machine._dataclass)) == outcome(fresh(dataclasses.dataclass))


def test_a_subclass_has_the_fields_of_its_base_and_what_comes_after_them() -> None:
    @machine._dataclass(frozen=True)
    class Base:
        name: str

        def __repr__(self) -> str:
            return "its own"

    @machine._dataclass(frozen=True)
    class More(Base):
        price: int = 1

        def __post_init__(self) -> None:
            object.__setattr__(self, "price", self.price + 1)

    assert (More("fox").price, More(name="fox", price=4).price) == (2, 5)
    assert repr(Base("fox")) == "its own"
    assert More("fox") == More("fox") != Base("fox")


def test_a_subclass_that_is_no_dataclass_may_set_what_is_no_field() -> None:
    base = made(machine._dataclass, frozen=True)

    class Watched(base):
        def __init__(self) -> None:
            super().__init__(name="fox")
            self.seen = [1]

    watched = Watched()
    assert watched.seen == [1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        watched.name = "wolf"


def test_nothing_is_compiled_before_the_first_use_and_classes_of_others_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = made(machine._dataclass)
    assert late.__init__.__code__.co_filename == machine.__file__
    late(name="fox")
    assert late.__init__.__code__.co_filename != machine.__file__

    monkeypatch.setattr(machine, "OWN", ("bot", "cogs", "sandbox"))

    @machine._dataclass
    class Foreign:
        name: str

    assert Foreign.__init__.__code__.co_filename != machine.__file__
