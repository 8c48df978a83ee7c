"""What people may ask of the shop about their own data: to be told all of it, and to be forgotten."""
