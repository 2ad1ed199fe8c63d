"""Whether the C library behaves as the application assumes: probes, what is known of them, and what differs."""
