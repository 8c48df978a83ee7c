"""Measuring the shop: data to measure it with, and the measurements."""
