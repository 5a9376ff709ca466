"""The demo's page: simcord's preview, with what it lacks of Discord added on the way to the browser."""
