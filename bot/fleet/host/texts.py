"""What hosts read of a fleet: in the log and in metrics. English."""

from __future__ import annotations

OTHER_SHARD_COUNT = (
    "The fleet runs with {is_now} shards, and this process would with {ours}. To change the number, set "
    "SHARD_COUNT for all processes, and stop all gateways before you start them again."
).format

SHARDS_HELD = "How many of the fleet's shards this process holds."
