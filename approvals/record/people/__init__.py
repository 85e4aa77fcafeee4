"""The tables of people: accounts, links between them, groups, managers and delegates."""
