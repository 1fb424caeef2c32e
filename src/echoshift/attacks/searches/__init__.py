"""One search a file: where the next question is asked."""
