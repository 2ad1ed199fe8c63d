"""What makes the distroless image small. It runs inside builds, in the image's own Python: standard library only."""
