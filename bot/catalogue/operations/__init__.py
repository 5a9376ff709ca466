"""All built-in operations of Cannon Studio: the 19 of its overview and two newer ones."""

from __future__ import annotations

from bot.catalogue.operation import Model, Operation, Output
from bot.catalogue.operations.audio import AUDIO_OPERATIONS
from bot.catalogue.operations.finish import FINISH_OPERATIONS
from bot.catalogue.operations.image import IMAGE_OPERATIONS
from bot.catalogue.operations.prompt import PROMPT_OPERATIONS
from bot.catalogue.operations.sora import SORA_OPERATIONS
from bot.catalogue.operations.three_d import THREE_D_OPERATIONS
from bot.catalogue.operations.video import VIDEO_OPERATIONS

__all__ = ["OPERATIONS", "Model", "Operation", "Output"]

OPERATIONS: tuple[Operation, ...] = (
    *IMAGE_OPERATIONS,
    *VIDEO_OPERATIONS,
    *AUDIO_OPERATIONS,
    *PROMPT_OPERATIONS,
    *FINISH_OPERATIONS,
    *SORA_OPERATIONS,
    *THREE_D_OPERATIONS,
)
