"""/quota: limits on spending, and grants."""
