"""What runs inside an image: standard library and the image's own packages, nothing else. Each component has a module
of its name with a `PROBE`."""
