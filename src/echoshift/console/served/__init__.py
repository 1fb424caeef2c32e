"""The served page: its address, its guard, and exact answers to its questions."""
