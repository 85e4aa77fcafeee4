"""The tables of people: their accounts, who may be the same human, and who belongs to whom."""
