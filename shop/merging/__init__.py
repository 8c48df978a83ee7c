"""Customers who were written down twice, made one."""
