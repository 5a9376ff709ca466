"""simcord, the simulated Discord, with an answer for whoever has not installed it."""

from __future__ import annotations

import logging

from bot.errors import StartError
from bot.sandbox.demo import texts

_state_log = logging.getLogger("discord.state")
_state_log.disabled = True  # simcord builds a client without intents on import, and discord.py warns about that
try:
    import simcord
    from simcord.backend.errors import SetupError
except ImportError as error:  # pragma: no cover - the extra is installed wherever the tests run
    raise StartError(texts.DEMO_EXTRA_MISSING) from error
finally:
    _state_log.disabled = False

__all__ = ["SetupError", "simcord"]
