"""Jobs and their cards, from acceptance to delivery, in SQL."""
