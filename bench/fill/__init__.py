"""A shop with as many tickets as you like, to measure with: ``python -m bench.fill --help``.

The tickets are those of the demo shop, which its own books have priced, moved and told; here they are copied again
and again by the database itself, for other customers, on other days, with other mechanics.

For N tickets there are N/5 customers, N/4 vehicles, 20 to 200 mechanics, and the demo's 150 parts in as many makes
as come to N/50 or 600. A ticket has one to three jobs, about two lines of labour and three of parts, fees and work
sent out, one to three mechanics, the moves of its parts on the shelf, and the events that opened and moved it. One in
twelve has its whole history, and what was offered and answered to. One in fourteen was cancelled. Some vehicles
come far more often than others; the vans of a few firms come hundreds of times.

However many tickets there are, a bit more than a hundred of them are open, as if it were the beginning of ``--day``.
The others were opened over N/25 days, but at least two months and at most ten years. The same size and day make the
same rows on each of the three databases. The people who can sign in, and their password, are those of the demo shop.
"""
