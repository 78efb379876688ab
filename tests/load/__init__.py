"""The load harness: bookings under rush, for long, through crashes, and from broken builds."""
