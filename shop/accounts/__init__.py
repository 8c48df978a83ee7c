"""Accounts, sign-ins, and the letters that invite and reset."""
