"""The turns of a job: submitting, polling, delivering, and what they share."""
