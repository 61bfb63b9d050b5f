"""How numbers look where Django's own formats differ from what our scripts write."""
