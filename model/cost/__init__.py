"""What networks cost, and convolution worked out by hand."""
