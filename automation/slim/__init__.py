"""The proof that slimming the distroless image changes nothing but its size, and what each of its steps saves."""
