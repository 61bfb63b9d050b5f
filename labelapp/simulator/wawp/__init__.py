"""The Wawp v2 dialect: api.wawp.net as its public documents describe it, where they are silent as the WAHA beneath it."""
