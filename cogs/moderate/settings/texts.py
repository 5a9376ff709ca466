"""What `/studio settings` says to people, in one place; a setting's own words are in `bot/domain`."""

from collections.abc import Sequence

PAGES = "Subject"
OPERATIONS, OPEN_OPERATIONS, NO_DEFAULT_MODEL = "Operations", "Operations…", "no default model"
PAUSED = "New jobs are paused: /studio pause switches that."
EVERYONE = "The role @everyone would make every member a moderator: choose another one, or none."
CHANNEL_UNKNOWN = "I do not see this channel; give me View Channel there first."
MODEL_FORM = "Default model"
MODEL_HINT = "Its id or name; empty: Cannon Studio's own choice"
MODEL_UNPRINTABLE = "The model's name has characters that cannot be seen; type it again."


def title(page: str) -> str:
    """Return the panel's title."""
    return f"Settings · {page}"


def about(page: str) -> str:
    """Return what a page is about, from its description in the list of pages."""
    return f"{page[:1].upper()}{page[1:]}."


def operations(switched_off: int) -> str:
    """Return how many operations are off, and where to switch them."""
    off = f"{switched_off} switched off" if switched_off else "all switched on"
    return f"{off}; `/studio operations` switches them"


def model_input(operation: str) -> str:
    """Return the label of the input for an operation's model."""
    return f"Model of {operation}"


def no_permission_to_post(channel_id: int, missing: Sequence[str]) -> str:
    """Refuse a channel in which the bot lacks permissions."""
    return f"I could not post in <#{channel_id}>: give me {' and '.join(missing)} there first."
