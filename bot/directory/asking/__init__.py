"""What directories say becomes requests: each difference once, held if there are too many."""
