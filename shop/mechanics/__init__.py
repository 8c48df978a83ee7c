"""The roster of mechanics."""
