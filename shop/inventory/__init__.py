"""Parts, and the stock moves that alone change how many there are."""
