"""A provider in a box: speaks Wawp v2 and WAHA over HTTP, sends webhooks, and has phones. Imports nothing from the rest of labelapp."""
