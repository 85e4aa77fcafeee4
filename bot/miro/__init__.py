"""What has to hold in Miro, and the calls that bring it about; the only place that speaks SCIM."""
