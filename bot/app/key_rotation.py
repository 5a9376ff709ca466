"""`cannon-bot rotate-keys`: all that an older secret key has sealed is sealed with the newest one."""

from __future__ import annotations

from bot.app import texts
from bot.app.offline import stopped_bots_store
from bot.runtime.progress import Progress, no_progress
from bot.settings import Settings


async def rotate_keys(settings: Settings, progress: Progress = no_progress) -> str:
    """Seal all secrets with the newest secret key; return the outcome as a sentence. Raises StoreError, StartError."""
    async with stopped_bots_store(settings, progress) as store:
        count = store.resealed + await store.rotate_secrets()
    return texts.keys_rotated(count)
