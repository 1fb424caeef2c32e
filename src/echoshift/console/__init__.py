"""The console: one page on which people move the settings of a study's frames and look at what changes."""
