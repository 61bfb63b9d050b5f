"""Names and talk for the made-up world. Nobody in it exists."""
