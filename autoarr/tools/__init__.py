"""What programs and models may do here, and how a person confirms a write."""
