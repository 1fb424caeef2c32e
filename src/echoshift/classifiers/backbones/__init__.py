"""Pretrained networks, and the features that they make of a picture."""
