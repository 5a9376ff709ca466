"""The styles that every server has, until its moderators hide them: those of `styles.toml`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.domain.words.cast import CastKind, CastMember, name_key
from bot.language.current import SOURCE, current, parent_of

PREFIX: Final = "style."


def starter_styles(guild_id: int) -> list[CastMember]:
    """Return them with their names in the current language."""
    return [_style(guild_id, key, _name(style["names"])) for key, style in _styles().items()]


def found_styles(guild_id: int, keys: Collection[str], ids: Collection[str]) -> Iterator[CastMember]:
    """Yield those with one of these names, in any language, or ids; by the name that was found."""
    for key, style in _styles().items():
        named = next((name for name in style["names"].values() if name_key(name) in keys), None)
        if named is not None or PREFIX + key in ids:
            yield _style(guild_id, key, named or _name(style["names"]))


@cache
def _styles() -> Mapping[str, Mapping[str, Any]]:
    import tomllib  # noqa: PLC0415 - not needed by a start

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _name(names: Mapping[str, str]) -> str:
    return names.get(current()) or names[parent_of(current(), names) or SOURCE]


def _style(guild_id: int, key: str, name: str) -> CastMember:
    look = _styles()[key]["look"]
    return CastMember(
        id=PREFIX + key, guild_id=guild_id, kind=CastKind.STYLE, name=name, look=look, made_by=0, made_at=0.0
    )
