"""Inspection of one recording or image: measurements, text and figures."""
