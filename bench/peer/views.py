"""The same list of tickets as the shop's, as a page and as JSON: the newest open ones, and the newest of all."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Prefetch, QuerySet
from django.utils.safestring import mark_safe
from django.views.generic import ListView
from rest_framework import generics, pagination, serializers

from bench.peer.models import STATUSES, Line, Mechanic, Ticket

_SIZE = 25
_HEAD, _, _ROWS_AND_TAIL = settings.PAGE.read_text(encoding="utf-8").partition("<tbody>")
_TAIL = _ROWS_AND_TAIL.partition("</tbody>")[2]
_OPEN = [status for status in STATUSES if status not in ("picked_up", "cancelled")]


class Tickets(LoginRequiredMixin, ListView):
    template_name = "tickets.html"
    context_object_name = "tickets"
    extra_context = {"head": mark_safe(_HEAD), "tail": mark_safe(_TAIL)}

    def get_queryset(self) -> QuerySet[Ticket]:
        tickets = Ticket.objects.filter(archived_at=None, status__in=_OPEN).order_by("-id")
        return tickets.select_related("customer", "vehicle").prefetch_related("mechanics")[:_SIZE]


class MechanicSerializer(serializers.ModelSerializer):
    class Meta:
        model = Mechanic
        fields = ("id", "name")


class PartSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(source="part_id")
    name = serializers.CharField(source="description")
    price = serializers.SerializerMethodField()

    class Meta:
        model = Line
        fields = ("id", "name", "quantity", "price")

    def get_price(self, line: Line) -> float:
        return line.price_cents / 100


class TicketSerializer(serializers.ModelSerializer):
    description = serializers.CharField(source="complaint")
    total = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    mechanics = MechanicSerializer(many=True)
    parts = PartSerializer(many=True)

    class Meta:
        model = Ticket
        fields = (
            *("id", "number", "description", "status", "customer_id", "vehicle_id", "promised_at", "created_at"),
            *("completed_at", "total", "tax", "odometer_in", "odometer_out", "comeback_of_id", "mechanics", "parts"),
        )

    def get_total(self, ticket: Ticket) -> float:
        return ticket.total_cents / 100

    def get_tax(self, ticket: Ticket) -> float:
        return ticket.tax_cents / 100


class ByCursor(pagination.CursorPagination):
    page_size = _SIZE
    ordering = "-id"


class TicketsJson(generics.ListAPIView):
    serializer_class = TicketSerializer
    pagination_class = ByCursor

    def get_queryset(self) -> QuerySet[Ticket]:
        parts = Line.objects.filter(part_id__isnull=False, removed_at=None).order_by("id")
        tickets = Ticket.objects.filter(archived_at=None)
        return tickets.prefetch_related("mechanics", Prefetch("lines", parts, to_attr="parts"))
