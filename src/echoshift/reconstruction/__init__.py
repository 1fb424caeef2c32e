"""Reconstruction of 8-bit B-mode images from RF frames (Byra et al. 2020, section II.B)."""
