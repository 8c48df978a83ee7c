"""The admin's list of tickets, with all that its documentation says makes it quick."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bench.peer.models import Ticket


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = (
        "number",
        "plate",
        "vehicle",
        "first_line",
        "customer",
        "status",
        "promised_at",
        "who",
    )
    list_filter = ("status",)
    list_per_page = 25
    list_select_related = ("customer", "vehicle")
    ordering = ("-id",)
    search_fields = ("number", "complaint", "customer__name", "vehicle__plate", "vehicle__make", "vehicle__model")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).prefetch_related("mechanics")

    def plate(self, ticket: Ticket) -> str:
        return ticket.vehicle.plate or "" if ticket.vehicle else ""

    def who(self, ticket: Ticket) -> str:
        return ", ".join(mechanic.name for mechanic in ticket.mechanics.all())
