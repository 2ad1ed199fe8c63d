"""What the services say, kept for all replicas: each part with its age, and unknown where nobody has said it."""
