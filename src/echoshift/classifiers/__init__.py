"""Classifiers of 8-bit images: pretrained backbones, training, evaluation and predictors."""
