"""The WAHA 2026.7.1 dialect: sessions in the path, a key in a header, replace-all label lists."""
