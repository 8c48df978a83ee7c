"""Running the shop's software: schema, demo, backup, background work, health."""
