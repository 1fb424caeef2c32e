"""What answers an attack's questions: one engine a file."""
