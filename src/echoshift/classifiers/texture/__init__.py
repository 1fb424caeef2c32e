"""Texture classifiers: features of a picture's grey levels, and standard classifiers of them."""
