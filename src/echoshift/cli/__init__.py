"""The command line: one module a verb. A verb reads, makes one library call and writes."""
