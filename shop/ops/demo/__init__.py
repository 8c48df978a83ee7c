"""The demo shop: two invented years of a repair shop, the same ones each time, ending now."""
