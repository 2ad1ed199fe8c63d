"""The plain image against every variant of the optimized one: sizes, builds, starts, and what is in them."""
