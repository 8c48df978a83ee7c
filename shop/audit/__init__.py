"""Who did what, when: one event for every change, read as a timeline and as an audit trail."""
