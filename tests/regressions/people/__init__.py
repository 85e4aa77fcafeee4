"""Who is who, and which team is meant."""
