"""Operations that have no command of their own in the code get one from their data: slash options for their fields."""
