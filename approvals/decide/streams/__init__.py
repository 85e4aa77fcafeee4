"""What has a stream of its own in the record and is no request: reviews, directories, forgetting."""
