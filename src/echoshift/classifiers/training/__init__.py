"""Transfer learning: from a table of pictures to a model folder."""
