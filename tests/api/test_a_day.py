"""A whole repair through the API, which ends as it does at the desk; ``-rP`` shows how many requests each step took."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Flask

from shop.ops.demo import prices
from shop.settings.models import Rates
from shop.tickets.lifecycle import Status
from tests import day
from tests.cast import Cast
from tests.clients import Api, Caller
from tests.day import Evening, Props, live_through
from tests.factories import keep


class Program:
    """Does with requests what a person does at the desk; it looks without counting."""

    def __init__(self, desk: Caller, props: Props) -> None:
        self.desk = desk
        self.props = props
        self.spent: Counter[str] = Counter()
        self.ticket = ""
        self.jobs: list[str] = []
        self.part = ""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request that succeeds; a thing that was made is answered by its address."""
        answer = self.desk.send(method, path, json=body)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        self.spent["requests"] += 1
        return answer.headers["Location"] if answer.status_code == 201 else answer.get_json()

    def sees(self, status: Status) -> None:
        assert self.desk.get(self.ticket).get_json()["status"] == status.value

    def evening(self) -> Evening:
        total = self.desk.get(self.ticket).get_json()["total"]
        return Evening(round(total * 100), self._shelf(self.props.pads), self._shelf(self.props.filter))

    def open_the_ticket(self) -> None:
        (customer,) = self.ask("GET", f"/customers/?q={self.props.plate.replace(' ', '%20')}")["items"]
        body = {"customer_id": customer["id"], "vehicle_id": self.props.vehicle, "description": day.COMPLAINT}
        self.ticket = self.ask("POST", "/service_tickets/", body)
        self.jobs = [f"{self.ticket}/jobs/{job['id']}" for job in self.ask("GET", f"{self.ticket}/jobs")]

    def insert_a_canned_job(self) -> None:
        listed = {each["name"]: each["id"] for each in self.ask("GET", "/service_tickets/canned-jobs")}
        body = {"canned_job_id": listed[self.props.canned_name]}
        self.jobs.append(self.ask("POST", f"{self.ticket}/canned-jobs", body))

    def type_a_job(self) -> None:
        job = self.ask("POST", f"{self.ticket}/jobs", {"complaint": day.TYPED})
        labour = {"kind": "labour", "description": day.LABOUR, "minutes": day.MINUTES}
        self.ask("POST", f"{job}/lines", labour)
        self.part = self.ask("POST", f"{job}/lines", {"kind": "part", "inventory_id": self.props.pads})
        self.jobs.append(job)

    def send_the_estimate(self) -> None:
        self.ask("POST", f"{self.ticket}/estimates")

    def note_the_answer(self) -> None:
        answers = [
            {"job_id": int(job.rpartition("/")[2]), "answer": answer}
            for job, answer in zip(self.jobs, ("approved", "declined", "approved"), strict=True)
        ]
        body = {"estimate": 1, "name": day.WHO, "channel": "phone", "answers": answers}
        self.ask("POST", f"{self.ticket}/consents", body)

    def put_a_mechanic_on(self) -> None:
        self.ask("PUT", f"{self.ticket}/edit", {"add_ids": [self.props.mechanic], "remove_ids": []})

    def start_the_work(self) -> None:
        self._move(Status.IN_PROGRESS)

    def fit_the_part(self) -> None:
        self.ask("POST", f"{self.part}/fit")

    def write_down_the_correction(self) -> None:
        self.ask("PUT", self.jobs[2], {"correction": day.CORRECTION})

    def finish_the_job(self) -> None:
        self.ask("POST", f"{self.jobs[2]}/finish")

    def send_it_to_the_check(self) -> None:
        self._move(Status.QUALITY_CHECK)

    def find_it_ready(self) -> None:
        self._move(Status.READY)

    def invoice_it(self) -> None:
        self._move(Status.INVOICED)

    def hand_over_the_keys(self) -> None:
        self._move(Status.PICKED_UP)

    def _move(self, to: Status) -> None:
        self.ask("PUT", self.ticket, {"status": to.value})

    def _shelf(self, part: int) -> tuple[int, int]:
        row = self.desk.get(f"/inventory/{part}").get_json()
        return row["on_hand"], row["available"]


def test_by_requests(app: Flask, api: Api, cast: Cast) -> None:
    desk = api.as_("desk")
    with app.app_context():
        keep(Rates(**prices.RATES))
        props = day.prepare("API")
    live_through(Program(desk, props))
