"""What every feature stands on. Knows no HTTP and no feature."""
