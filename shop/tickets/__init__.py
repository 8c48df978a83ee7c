"""Service tickets: from the complaint to the keys handed back."""
