"""What AutoArr costs with many services behind it, in the images that ship: `invoke bench`."""
