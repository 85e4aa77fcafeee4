"""Evidence for an auditor: a pack of entries, and the program in it that checks them."""
