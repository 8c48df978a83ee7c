"""The owner's page of everything that happened in the shop."""
