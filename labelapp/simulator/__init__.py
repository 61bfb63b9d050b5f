"""A provider in a box: speaks Wawp v2 over HTTP, sends webhooks, and has a phone. Imports nothing from the rest of labelapp."""
