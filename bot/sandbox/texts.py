"""What the sandbox says: the API's error messages, which members read as Cannon Studio's own.

The messages are invented: Cannon Studio documents none.
"""

from __future__ import annotations

from decimal import Decimal

# ---------------------------------------------------------------------- the API's messages

KEY_WORKS = "Key works."
KEY_REFUSED = "The API key is missing, invalid or revoked."
OTHER_BODY = "This idempotency key was used with another body."
BODY_NOT_OBJECT = "The body must be a JSON object."
BODY_INCOMPLETE = "The body needs `operation`, a string, and `input`, an object."
WEBHOOK_NOT_HTTPS = "`webhook_url` must be an https URL."
NO_REQUEST = "There is no such request."
NO_FILE = "There is no such file."
TOO_MANY_REQUESTS = "Too many requests. Slow down."
SERVER_ERROR = "Something went wrong on our side."
NOT_DRAWN = "The sandbox could not draw this."

FAILED = "The model could not finish this request. (The sandbox was asked to fail.)"
BILLED = "The model could not finish this request; its work is billed. (The sandbox was asked to fail and to charge.)"
NOT_IN_PLAN = "Your plan does not include this operation. (The sandbox was asked to say so.)"
REQUEST_INVALID = "The request is not valid."
INVALID_INPUT = "The input is not valid. (The sandbox was asked to refuse it.)"
NO_CREDITS = "Not enough credits. (The sandbox was asked to be out of them.)"


def unknown_operation(name: str) -> str:
    return f'Unknown operation "{name}".'


def not_in_plan(title: str) -> str:
    return f"Your plan does not include {title}."


def field_required(name: str) -> str:
    return f"{name} is required."


def value_not_accepted(name: str, value: object) -> str:
    return f'{name}: "{value}" is not available.'


def demanded_field(name: str) -> str:
    return f"The field {name}; required"


def not_enough_credits(cost: Decimal) -> str:
    return f"Not enough credits: this takes {cost}."


def missing_scope(scope: str) -> str:
    return f"This API key lacks the scope {scope}."


def unreadable_source(field: str) -> str:
    """Fail a request whose source file cannot be read."""
    return f"The file given as {field} could not be read."


def asset_ready(url: str) -> str:
    """Return the preview of a finished file."""
    return f"Asset ready: {url}"


# ---------------------------------------------------------------------- the MCP's messages

ESTIMATE_NOTE = "An estimate; nothing was made or charged."
PRICE_NOT_KNOWN = "There is no estimate for this operation."
ESTIMATE_INCOMPLETE = "`operation` and `input` are needed."
NOT_JSON = "This is no JSON."
NOT_JSON_RPC = "This is no JSON-RPC 2.0 request."
ONLY_TOOL_CALLS = "The sandbox knows `tools/call` only."


def only_tool(name: str) -> str:
    return f"The sandbox knows the tool {name} only."


# ---------------------------------------------------------------------- the sandbox's controls

LOCAL_ONLY = "The sandbox's controls are for this machine only."
NO_REQUEST_TO_FINISH = "There is no such request; the body must be an object with its `id`."


def no_fault(error: Exception) -> str:
    return f"This is no fault: {error}"


def no_variant(error: Exception) -> str:
    return f"This is no change of the API: {error}"


def no_key(error: Exception) -> str:
    return f"This is no key: {error}"


# ---------------------------------------------------------------------- starting


def loopback_only(host: str) -> str:
    return f"The sandbox listens on this machine only, such as on 127.0.0.1; {host} is not allowed."


def cannot_listen(host: str, port: int, reason: str | None) -> str:
    """Say why the sandbox did not start; `reason` is the system's."""
    return f"The sandbox cannot listen on {host}:{port}: {reason}."
