"""Members of the simulated Discord whose client is in another language; simcord itself knows American English only."""

from __future__ import annotations

from typing import Any

from simcord import interactions

_base_payload = interactions.base_payload


def speaks(member: Any, locale: str) -> None:
    """Have every interaction of a member from now on come with one of Discord's locales."""
    backend = member._env.backend
    backend.locales = {**getattr(backend, "locales", {}), member.id: locale}


def _with_locale(backend: Any, **values: Any) -> Any:
    record, payload = _base_payload(backend, **values)
    payload["locale"] = getattr(backend, "locales", {}).get(values["user_id"], payload["locale"])
    return record, payload


interactions.base_payload = _with_locale  # for every bot of this process
