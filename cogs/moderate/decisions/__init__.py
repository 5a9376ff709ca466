"""What moderators decide by buttons: approvals, refunds, reviews; and /studio review."""
