"""From a result to the next request: re-run, vary, retry, next step, reactions."""
