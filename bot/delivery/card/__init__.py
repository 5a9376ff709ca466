"""The card of a job: what it says, how it looks, when it is drawn again."""
