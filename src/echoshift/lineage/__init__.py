"""What was made from what: the records of a finished study as one RO-Crate, refused where two of them disagree."""
