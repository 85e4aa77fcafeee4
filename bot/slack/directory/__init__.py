"""What operators see of directories, and decide about them."""
