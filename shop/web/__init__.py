"""What every page and every JSON answer share. Knows HTTP and no feature."""
