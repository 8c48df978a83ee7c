"""The shop's tables as Django sees them, to read alone."""

from __future__ import annotations

from typing import Any

from django.db import models

STATUSES = {
    "draft": "Draft",
    "estimate": "Estimate",
    "approved": "Approved",
    "in_progress": "In progress",
    "quality_check": "Quality check",
    "ready": "Ready",
    "invoiced": "Invoiced",
    "picked_up": "Picked up",
    "cancelled": "Cancelled",
}


class Router:
    """The tables of the shop are in its own file."""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str:
        return "shop" if model._meta.app_label == "peer" else "default"

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str:
        return self.db_for_read(model)

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool:
        return db == "default"


class Customer(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "customer"

    def __str__(self) -> str:
        return self.name


class Vehicle(models.Model):
    plate = models.CharField(max_length=16, null=True)
    make = models.CharField(max_length=40)
    model = models.CharField(max_length=40)
    year = models.IntegerField(null=True)

    class Meta:
        managed = False
        db_table = "vehicle"

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.year or ""), self.make, self.model)))


class Mechanic(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "mechanic"

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split())[:2]


class Ticket(models.Model):
    number = models.IntegerField(unique=True)
    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    vehicle = models.ForeignKey(Vehicle, models.DO_NOTHING, null=True)
    complaint = models.TextField()
    status = models.CharField(max_length=20, choices=STATUSES)
    promised_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    total_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField()
    odometer_in = models.IntegerField(null=True)
    odometer_out = models.IntegerField(null=True)
    comeback_of_id = models.IntegerField(null=True)
    mechanics = models.ManyToManyField(Mechanic, through="Assignment")

    class Meta:
        managed = False
        db_table = "ticket"

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def first_line(self) -> str:
        return self.complaint.partition("\n")[0]


class Assignment(models.Model):
    ticket = models.ForeignKey(Ticket, models.DO_NOTHING)
    mechanic = models.ForeignKey(Mechanic, models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "assignment"


class Line(models.Model):
    """Something that is charged for; a part from the shelf where ``part_id`` is there."""

    ticket = models.ForeignKey(Ticket, models.DO_NOTHING, related_name="lines")
    part_id = models.IntegerField(null=True)
    description = models.CharField(max_length=200)
    quantity = models.IntegerField()
    price_cents = models.BigIntegerField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "line"
