"""Transfer learning: from a table of pictures to the folder of a model."""
