"""Files and their kinds: fetching, recognising, measuring and drawing them."""
