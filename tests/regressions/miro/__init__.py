"""What Miro answers, and what is said of it."""
