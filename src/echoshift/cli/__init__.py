"""The command line. Each command has one module, which reads inputs, makes one library call and writes outputs."""
