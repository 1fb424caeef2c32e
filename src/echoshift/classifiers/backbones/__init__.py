"""Pretrained networks, and the features that they compute from a picture."""
