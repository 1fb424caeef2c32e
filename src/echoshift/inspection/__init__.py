"""What one recording or picture holds: measured, in words, and drawn."""
