"""Known vulnerabilities of the locked Python and npm packages, from their indexes."""
