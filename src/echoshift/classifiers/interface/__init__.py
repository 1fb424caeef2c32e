"""How a given model is asked and understood: its input, its output, and the classes that its numbers stand for."""
