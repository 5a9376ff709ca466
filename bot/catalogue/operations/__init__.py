"""All built-in operations of Cannon Studio: the 19 of its overview and two newer ones."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.catalogue.operation import Model, Operation, Output, labels_of
from bot.catalogue.operations.audio import AUDIO_OPERATIONS
from bot.catalogue.operations.finish import FINISH_OPERATIONS
from bot.catalogue.operations.image import IMAGE_OPERATIONS
from bot.catalogue.operations.prompt import PROMPT_OPERATIONS
from bot.catalogue.operations.sora import SORA_OPERATIONS
from bot.catalogue.operations.three_d import THREE_D_OPERATIONS
from bot.catalogue.operations.video import VIDEO_OPERATIONS
from bot.language import tr

__all__ = ["OPERATIONS", "Model", "Operation", "Output", "label_of"]

OPERATIONS: tuple[Operation, ...] = (
    *IMAGE_OPERATIONS,
    *VIDEO_OPERATIONS,
    *AUDIO_OPERATIONS,
    *PROMPT_OPERATIONS,
    *FINISH_OPERATIONS,
    *SORA_OPERATIONS,
    *THREE_D_OPERATIONS,
)


@functools.cache
def _documented() -> Mapping[str, str]:
    return {field.name: field.label for operation in reversed(OPERATIONS) for field in operation.fields}


def label_of(name: str, operation: Operation | None = None) -> str:
    """Return a field's label in the operation, else in another one, translated; else the API's own name for it."""
    label = labels_of(operation).get(name)
    return label or tr(_documented().get(name, name))
