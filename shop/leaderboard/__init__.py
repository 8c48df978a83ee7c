"""The mechanics' ranking."""
