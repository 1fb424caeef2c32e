"""What all jobs on frames have in common: what they need, when a result is current, and how a process takes many of them."""
