"""One box that finds tickets, people, vehicles and parts."""
