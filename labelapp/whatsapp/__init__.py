"""The outside world: WhatsApp providers behind one small protocol. Knows no database and no Django."""
