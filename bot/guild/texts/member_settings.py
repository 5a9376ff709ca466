"""What members set for themselves."""

from __future__ import annotations

from bot.catalogue.texts import echo
from bot.language import Text, ntr, tr

PRESET_IS_EMPTY = Text("A preset needs at least one option. Fill in at least one field.")


def style_too_long(most: int) -> str:
    """Refuse words for prompts that are longer than `most` characters."""
    return ntr(
        "A style suffix may have up to {count} character. Shorten it.",
        "A style suffix may have up to {count} characters. Shorten it.",
        most,
    )


def no_preset(name: str) -> str:
    """Refuse the name of a preset that the member does not have."""
    return tr("You have no preset named {name}. Open `/me` to see your presets.", name=echo(name))


def preset_name(most: int) -> str:
    """Refuse a preset's name that is empty or longer than `most` characters."""
    return ntr("A preset's name needs 1 to {count} character.", "A preset's name needs 1 to {count} characters.", most)


def too_many_presets(most: int) -> str:
    """Refuse another preset beyond `most`."""
    return ntr(
        "You already have {count} preset. Delete one in `/me` first.",
        "You already have {count} presets. Delete one in `/me` first.",
        most,
    )
