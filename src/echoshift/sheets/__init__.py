"""A sheet made from a folder of pictures: rows, what they hold, and what is suspicious about them."""
