"""Events with a purse: what moderators do, and what members are answered."""
