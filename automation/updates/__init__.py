"""What somebody who has version N pulls for N+1, when one line of code, of the UI, or one dependency changed."""
