"""The frames that every report starts from."""
