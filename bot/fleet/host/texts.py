"""What hosts read of a fleet: in the log, in metrics, and from `cannon-bot check`. English."""

from __future__ import annotations

from collections.abc import Sequence

OTHER_SHARD_COUNT = (
    "The fleet runs with {is_now} shards, and this process would with {ours}. To change the number, set "
    "SHARD_COUNT for all processes, and stop all gateways before you start them again."
).format

SHARDS_HELD = "How many of the fleet's shards this process holds."


def failover(synchronous_commit: str, standby_names: str, standbys: int) -> str:
    """Say whether a commit waits for a standby (postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION).

    Copies below the server, as of a managed one's disk, are not visible.
    """
    if standby_names and synchronous_commit in {"on", "remote_apply", "remote_write"}:
        standby = f"a synchronous standby ({standbys} connected)"
        return f"A failover keeps what was promised: each commit waits for {standby}."
    settings = f"synchronous_commit is {synchronous_commit}, synchronous_standby_names '{standby_names}'"
    return (
        "A failover may lose what was promised last, unless the disk itself has a synchronous copy: no commit waits "
        f"for a standby ({standbys} connected, {settings})."
    )


NO_PROCESS = "No process has a shard: none is running."


def has_shards(session: int, address: str | None, shards: Sequence[int]) -> str:
    """Say which shards a process has; `session` is its process on the server."""
    process = f"The process of session {session}" + ("" if address is None else f" at {address}")
    if not shards:
        return f"{process} waits for a shard."
    return f"{process} has {'shard' if len(shards) == 1 else 'shards'} {', '.join(map(str, shards))}."
