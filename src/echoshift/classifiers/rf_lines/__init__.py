"""Classifiers of RF lines: a one-dimensional convolutional network over pieces of the lines of a recording."""
