"""`cannon-bot jobs`: what hosts see of jobs, and the repair of stuck ones."""
