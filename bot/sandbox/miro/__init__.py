"""A Miro SCIM service as documented, with knobs for what can go wrong."""
