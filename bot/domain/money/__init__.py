"""Credits: prices, limits, requests to spend, and the decision about them. Pure."""
