"""Business events as pages and programs see them."""
