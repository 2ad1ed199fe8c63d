"""What an image consists of: documents in CycloneDX and SPDX, licence texts, and attestations that carry them."""
