"""Makes the bot's parts from the annotations of their constructors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

Part = TypeVar("Part")
PROVIDES = "make_"
OURS = ("bot.", "cogs.")


class WiringError(Exception):
    """A part that cannot be made; names the chain that leads to it."""


class Container:
    """Makes each part once, by its class.

    A method `make_…` of a subclass makes the part that it returns, from parts as its parameters say. Any other class of
    the bot is made from what its constructor names; a parameter with a default keeps it.
    """

    def __init__(self, *givers: Any) -> None:
        """Take `givers`, which are parts themselves, as are their annotated attributes."""
        self._made: dict[Any, Any] = {}
        self._making: list[Any] = []
        for giver in givers:
            own: Any = type(giver)
            given = _hints(own).items()
            self._made |= {kind: getattr(giver, name) for name, kind in given if inspect.isclass(kind)}
            self._made[own] = giver
        methods = [getattr(self, name) for name in dir(self) if name.startswith(PROVIDES)]
        self._providers: Mapping[Any, Callable[..., Any]] = {_hints(each.__func__)["return"]: each for each in methods}

    def get(self, kind: type[Part]) -> Part:
        """Return the part of this class. Raises WiringError."""
        if kind not in self._made:
            self._making.append(kind)
            try:
                self._made[kind] = self.new(self._maker(kind))
            finally:
                self._making.pop()
        made: Part = self._made[kind]
        return made

    def new(self, make: Callable[..., Part], **given: Any) -> Part:
        """Call `make`, a class or function, with these values, and with parts for its other parameters."""
        needed = _needs(getattr(make, "__func__", make)).items()
        return make(**{name: self.get(kind) for name, kind in needed if name not in given}, **given)

    def _maker(self, kind: Any) -> Callable[..., Any]:
        if kind in self._making[:-1]:
            raise self._error("a cycle")
        if kind in self._providers:
            return self._providers[kind]
        is_ours = inspect.isclass(kind) and kind.__module__.startswith(OURS)
        if not is_ours or getattr(kind, "_is_protocol", False):
            raise self._error("nothing makes it")
        made: Callable[..., Any] = kind
        return made

    def _error(self, reason: str) -> WiringError:
        return WiringError(f"{reason}: {' → '.join(getattr(each, '__name__', str(each)) for each in self._making)}")


@functools.cache
def _hints(annotated: Any) -> Mapping[str, Any]:
    return get_type_hints(annotated)


@functools.cache
def _needs(make: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the annotations of the parameters without a default."""
    function = make.__init__ if inspect.isclass(make) else make
    hints, parameters = _hints(function), inspect.signature(function).parameters
    return {name: hints[name] for name, each in parameters.items() if each.default is each.empty and name in hints}
