"""The proof that every compiled file loads on the libc it will meet, without starting anything."""
