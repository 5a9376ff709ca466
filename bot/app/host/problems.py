"""What the bot reports to its host: its health, its backups, and the host's own key."""

from __future__ import annotations

from bot.account.api_keys import ApiKeys
from bot.app.health import Health
from bot.delivery.host import texts
from bot.delivery.host.messages import DATABASE
from bot.store import Backups


def problems(health: Health, backups: Backups | None, keys: ApiKeys) -> dict[str, str]:
    """Return a sentence for each problem of this moment, by its name."""
    found = {}
    if not health.store.pulse.is_well:
        failure = health.store.pulse.failure
        found[DATABASE] = texts.DATABASE(reason=texts.SILENT if failure is None else failure.for_host)
    elif not health()["ok"]:
        found["work"] = texts.STALLED
    if backups is not None and backups.failure is not None:
        found["backup"] = texts.BACKUP(reason=backups.failure)
    if keys.is_host_refused:
        found["host_key"] = texts.HOST_KEY
    return found
