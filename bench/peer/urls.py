"""Where the lists are."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from bench.peer.views import Tickets, TicketsJson

urlpatterns = [
    path("admin/", admin.site.urls),
    path("tickets", Tickets.as_view()),
    path("api/tickets", TicketsJson.as_view()),
    path("healthz", lambda _request: HttpResponse("ok")),
]
