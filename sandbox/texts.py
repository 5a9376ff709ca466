"""What the sandbox says: the API's error messages, which members read as Cannon Studio's own.

The messages are invented: Cannon Studio documents none.
"""

from __future__ import annotations

# ---------------------------------------------------------------------- the API's messages

KEY_WORKS = "Key works."
KEY_REFUSED = "The API key is missing, invalid, or revoked."
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
INVALID_INPUT = "The input is not valid. (The sandbox was asked to reject it.)"
NO_CREDITS = "Not enough credits. (The sandbox was asked to be out of them.)"
DOCS = "https://www.cannonstudio.app/developers/docs/operations"
ASYNCHRONOUS = "{title}. Asynchronous.".format
UNKNOWN_OPERATION = 'Unknown operation "{name}".'.format


def not_in_plan(title: str) -> str:
    return f"Your plan does not include {title}."


NOT_VERIFIED = "Verify your email address before you use credits."
TOO_MANY_POLLS = "Too many polls: slow down."
SORA_ENDED = "Sora 2 is no longer available."
SORA_FAILED = "The model `sora-2` has been deprecated."
WRONG_SIGNATURE = "Access denied."
LINK_ENDED = "The provided token has expired."
FIELD_REQUIRED = "{name} is required.".format
VALUE_NOT_ACCEPTED = '{name}: "{value}" is not available.'.format
DEMANDED_FIELD = "The field {name}; required".format
NOT_ENOUGH_CREDITS = "Not enough credits: this takes {cost}.".format
MISSING_SCOPE = "This API key lacks the scope {scope}.".format
UNREADABLE_SOURCE = "The file given as {field} could not be read.".format
ASSET_READY = "Asset ready: {url}".format


# ---------------------------------------------------------------------- the MCP's messages

ESTIMATE_NOTE = "An estimate; nothing was made or charged."
PRICE_NOT_KNOWN = "There is no estimate for this operation."
ESTIMATE_INCOMPLETE = "`operation` and `input` are needed."
NOT_JSON = "This is no JSON."
NOT_JSON_RPC = "This is no JSON-RPC 2.0 request."
ACCEPT_BOTH = "Accept both application/json and text/event-stream."
SEND_JSON = "Send application/json."
WRONG_VERSION = "Unsupported protocol version: {version}.".format
WRONG_HEADERS = "The headers of the protocol are missing or differ from the body."
NO_SESSION = "Server not initialized: there is no session."
SESSION_ENDED = "There is no such session."
CHALLENGE = 'Bearer resource_metadata="https://www.cannonstudio.app/.well-known/oauth-protected-resource"'
NO_METHOD = "There is no such method."
NO_TOOL = "There is no such tool, or its arguments are no object."
AVAILABILITY = "Availability may differ by account."


# ---------------------------------------------------------------------- the sandbox's controls

LOCAL_ONLY = "The sandbox's controls are for this machine only."
NO_REQUEST_TO_FINISH = "There is no such request; the body must be an object with its `id`."
NO_FAULT = "This is no fault: {error}".format
NO_VARIANT = "This is no change of the API: {error}".format
NO_SENT_REQUEST = "This is no request that was sent elsewhere: {error}".format
NO_KEY = "This is no key: {error}".format


# ---------------------------------------------------------------------- starting


LOOPBACK_ONLY = "The sandbox listens on this machine only, such as on 127.0.0.1; {host} is not allowed.".format
CANNOT_LISTEN = "The sandbox can't listen on {host}:{port}: {reason}.".format
"""Say why the sandbox did not start; `reason` is the system's."""
