"""What every output says about how it was made: inputs, versions, settings, and the digest of the source code."""
