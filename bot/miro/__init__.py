"""Goals in Miro and the SCIM calls that reach them; the only room that knows SCIM."""
