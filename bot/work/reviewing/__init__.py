"""Who has access: reviewed by its owners, and Miro compared with what the record says should hold."""
