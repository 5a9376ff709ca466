"""What moderators do: /studio and /quota, approvals and reviews."""
