"""How this shop charges and what it insists on; the owner's own page."""
