"""The demo's page: simcord's preview, completed on the way to the browser."""
