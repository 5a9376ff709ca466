"""The input of a form that takes files of certain kinds."""

from collections.abc import Collection
from typing import Any

import discord

from bot.app.command_payload import file_types
from bot.domain.models import MediaKind

FILES_PER_UPLOAD = 10
"""The most files that Discord takes in one input of a form."""


class MediaUpload(discord.ui.FileUpload[Any]):
    """Takes up to `max_values` files of some kinds; any file if there are no kinds."""

    def __init__(self, kinds: Collection[MediaKind], *, max_values: int = 1) -> None:
        super().__init__(required=False, max_values=max_values)
        self._kinds = frozenset(kinds)

    def to_component_dict(self) -> Any:
        """Return the payload, with the filter that discord.py does not know."""
        payload: dict[str, Any] = {**super().to_component_dict()}
        return payload | ({"file_types": list(file_types(self._kinds))} if self._kinds else {})
