"""A peer in Django over the shop's own tables: its admin, a ListView, and a list by Django REST framework.

It has packages of its own (``requirements.txt``) and reads the shop's SQLite file; what Django keeps for itself, such
as who is signed in, lies in a second file beside it.
"""
