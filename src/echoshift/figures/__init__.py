"""Pictures of a study: one figure a file, drawn without a display and with the same bytes every time."""
