"""From an RF frame to an 8-bit B-mode image (Byra et al. 2020, section II.B)."""
