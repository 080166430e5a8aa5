"""Receives the webhooks that a running localcheckout sends for Tilled and for LeanRails, and verifies the raw bytes
by the providers' documented recipes. It needs nothing but Python.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python3 walk.py

Every step prints "ok <step>"; the first that fails prints why and ends the process with 1.
"""

import base64
import datetime
import json
import os
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from recipes import Refused, leanrails, tilled, timestamp


class Emulator:
    """One sandbox, as the test sees it."""

    def __init__(self, base, sandbox):
        self.base, self.sandbox, self.key = base, sandbox, f"sk_test_sandbox_{sandbox}"

    def control(self, method, path, body=None):
        return self.call(method, f"/_control{path}", {"X-Sandbox": self.sandbox}, body)

    def settle(self, by="0s"):
        self.control("POST", "/clock/advance", {"by": by})

    def act(self, session, action):
        self.control("POST", f"/sessions/{session['id']}/{action}", {})

    def deliveries(self):
        return self.control("GET", "/webhooks/deliveries")["deliveries"]

    def call(self, method, path, headers, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {path} = {e.code} {e.read()!r}") from e
        return json.loads(text) if text else None


class Tilled(Emulator):
    """A merchant of Tilled. Each new session is an event."""

    name, one = "tilled", "payment_intent.created"
    keys = {"account_id", "created_at", "data", "id", "type", "updated_at"}
    sequences = {
        "pay": ["payment_intent.created", "customer.created", "charge.succeeded", "payment_intent.succeeded"],
        "decline": ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"],
        "expire": ["payment_intent.created", "payment_intent.canceled"],
    }
    offsets = [0, 5, 30]
    verify = staticmethod(tilled)

    def begin(self):
        self.control("POST", "/reset")
        accounts = self.control("GET", "/fixtures")["tilled"]["accounts"]
        self.account = next(a["id"] for a in accounts if a["type"] != "partner")

    def api(self, method, path, body=None):
        return self.call(method, f"/tilled/v1{path}", {"tilled-account": self.account, "tilled-api-key": self.key}, body)

    def listen(self, url, events=("*",)):
        return self.api("POST", "/webhook-endpoints", {"url": url, "enabled_events": list(events)})

    def endpoint(self, name):
        return self.api("GET", f"/webhook-endpoints/{name}")

    def session(self):
        item = {"price_data": {"currency": "usd", "product_data": {"name": "Crème brûlée 🍮"}, "unit_amount": 900}, "quantity": 1}
        return self.api("POST", "/checkout-sessions", {"line_items": [item], "payment_intent_data": {"payment_method_types": ["card"]}})

    def cause(self):
        return self.session()["payment_intent_id"]

    def about(self, event):
        return event["data"]["id"]

    def check(self, event, message, session, secret):
        """The list of events shows the same."""
        equal(self.api("GET", f"/events/{event['id']}"), event)
        equal(event["account_id"], self.account)


class LeanRails(Emulator):
    """A merchant of LeanRails. Each session that expires is an event."""

    name, one = "leanrails", "checkout.session.expired"
    keys = {"created", "data", "id", "livemode", "object", "type"}
    sequences = {
        "pay": ["payment_intent.succeeded", "checkout.session.completed"],
        "decline": ["payment_intent.payment_failed"],
        "expire": ["checkout.session.expired"],
    }
    offsets = [0, 60, 300, 1800, 7200, 28800, 86400, 259200]
    verify = staticmethod(leanrails)

    def begin(self):
        self.control("POST", "/reset")
        prices = self.control("GET", "/fixtures")["leanrails"]["prices"]
        self.price = next(p["id"] for p in prices if p["active"] and p["type"] == "one_time" and p["unit_amount"])

    def api(self, method, path, body=None):
        headers = {"Authorization": "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        return self.call(method, f"/leanrails/v1{path}", headers, body)

    def listen(self, url, events=("*",)):
        return self.api("POST", "/webhook_endpoints", {"url": url, "enabled_events": list(events)})

    def endpoint(self, name):
        return self.api("GET", f"/webhook_endpoints/{name}")

    def rotate(self, name):
        return self.api("POST", f"/webhook_endpoints/{name}/rotate_secret")

    def session(self):
        return self.api("POST", "/checkout_sessions", {
            "mode": "payment", "line_items": [{"price": self.price, "quantity": 1}], "success_url": "https://example.com/",
            "metadata": {"note": "Crème brûlée 🍮"},
        })

    def cause(self):
        session = self.session()
        self.act(session, "expire")
        return session["id"]

    def about(self, event):
        return event["data"]["object"]["id"]

    def check(self, event, message, session, secret):
        """The headers of later generations, and the session as it is read."""
        body, headers = message
        equal(headers["webhook-id"], event["id"])
        equal(headers["user-agent"], "Fluveo-Webhooks/1.0")
        leanrails(body, headers, secret, header="fluveo-signature")
        equal(event["object"], "event")
        if event["type"].startswith("checkout.session."):
            equal(event["data"]["object"], self.api("GET", f"/checkout_sessions/{session['id']}"))


class Receiver:
    """Takes webhooks, byte for byte. It answers what stands in answers, then 204."""

    def __init__(self):
        self.messages, self.answers, self.hold = [], [], None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = body, {name.lower(): value for name, value in self.headers.items()}
                receiver.messages.append(message)
                if receiver.hold:
                    receiver.hold(message)
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        """What has come since the last time."""
        out, self.messages[:] = list(self.messages), []
        return out


def equal(got, want):
    assert got == want, f"{got!r}; want {want!r}"


def refused(desk, message, secret, words, **more):
    try:
        desk.verify(*message, secret, **more)
    except Refused as e:
        assert words in str(e), repr(e)
        return
    raise AssertionError(f"accepted with {secret}: {message}")


def sequences(desk, receiver):
    """Each message of a session's life is accepted, and shows what the API shows."""
    secret = desk.listen(receiver.url)["secret"]
    for action, want in desk.sequences.items():
        session = desk.session()
        desk.act(session, action)
        desk.settle()
        types = []
        for message in receiver.take():
            event = desk.verify(*message, secret)
            assert message[1]["content-type"].startswith("application/json")
            equal(set(event), desk.keys)
            assert event["id"].startswith("evt_")
            desk.check(event, message, session, secret)
            types.append(event["type"])
        equal(types, want)


def every_byte(desk, receiver):
    """No byte of a message can be another, nor the secret, nor the time."""
    secret = desk.listen(receiver.url, [desk.one])["secret"]
    desk.cause()
    desk.settle()
    [(body, headers)] = receiver.take()
    desk.verify(body, headers, secret)
    for i in range(len(body)):
        flipped = bytearray(body)
        flipped[i] ^= 1
        refused(desk, (bytes(flipped), headers), secret, "no signature fits")
    for wrong in (secret + "x", secret[:-1], secret.replace("whsec_", ""), secret.lower()):
        refused(desk, (body, headers), wrong, "no signature fits")
    for minutes in (7, -7):
        refused(desk, (body, headers), secret, "too far off", now=time.time() + 60 * minutes)


def planned(desk, receiver):
    """Each step of an event plan is done exactly, in order, and then it is over."""
    secret = desk.listen(receiver.url, [desk.one])["secret"]
    steps = [{"do": do} for do in ("drop", "duplicate", "delay", "reorder", "bad_signature", "stale_timestamp", "truncate")]
    steps[2]["delay"] = "30s"
    desk.control("PUT", "/webhooks/plan", {"steps": steps})
    made = []
    for _ in range(8):
        made.append(desk.cause())
        desk.settle()

    def read(message):
        return desk.about(desk.verify(*message, secret))

    twice, again, forged, reordered, stale, cut, good = receiver.take()
    equal([read(m) for m in (twice, again, reordered, good)], [made[1], made[1], made[3], made[7]])
    equal(again[0], twice[0])
    equal([desk.about(json.loads(m[0])) for m in (forged, stale)], [made[4], made[5]])
    refused(desk, forged, secret, "no signature fits")
    refused(desk, stale, secret, "too far off")
    refused(desk, cut, secret, "no signature fits")
    whole = desk.deliveries()[-2]["body"].encode()
    assert whole.startswith(cut[0]) and len(cut[0]) < len(whole), cut
    desk.settle("29s")
    equal(receiver.take(), [])
    desk.settle("1s")
    equal([read(m) for m in receiver.take()], [made[2]])
    equal(desk.control("GET", "/webhooks/plan")["steps"], [])


def schedule(desk, receiver):
    """A message that is never taken is repeated as documented, with the same id and bytes."""
    secret = desk.listen(receiver.url, [desk.one])["secret"]
    receiver.answers = [(500, 302, 404)[n % 3] for n in range(len(desk.offsets))]
    desk.cause()
    desk.settle("240h")
    got = receiver.take()
    equal(len(got), len(desk.offsets))
    equal(len({desk.verify(*message, secret)["id"] for message in got}), 1)
    equal(len({body for body, _ in got}), 1)
    [delivery] = desk.deliveries()
    equal(delivery["state"], "failed")
    at = [datetime.datetime.fromisoformat(a["at"].replace("Z", "+00:00")) for a in delivery["attempts"]]
    equal([(instant - at[0]).total_seconds() for instant in at], desk.offsets)


def later_on(desk, receiver):
    """Ten days later on the sandbox's clock the signed time is still the receiver's, and on a repetition it is
    another one. The receiver answers when its clock shows more than what was signed."""
    secret = desk.listen(receiver.url, [desk.one])["secret"]
    desk.settle("240h")

    def hold(message):
        at, unit = timestamp(message[1])
        while time.time() < (at + 1) / unit:
            time.sleep(max((at + 1) / unit - time.time(), 0))

    receiver.answers, receiver.hold = [500, 500], hold
    desk.cause()
    desk.settle("24h")
    got = receiver.take()
    equal(len(got), 3)
    for message in got:
        desk.verify(*message, secret)
        equal(message[0], got[0][0])
    at = [timestamp(headers)[0] for _, headers in got]
    assert at[0] < at[1] < at[2], at


def secrets(desk, receiver):
    """Shown once, the emulator's own for endpoints of the control API, and another one after a rotation."""
    made = desk.listen(receiver.url, [desk.one])
    secret = made["secret"]
    assert secret.startswith("whsec_") and desk.endpoint(made["id"]).get("secret") != secret
    desk.control("POST", "/webhooks/endpoints", {"provider": desk.name, "url": receiver.url, "events": [desk.one]})
    own = next(p["webhook_secret"] for p in desk.control("GET", "/info")["providers"] if p["name"] == desk.name)
    gone = []
    if hasattr(desk, "rotate"):
        gone, secret = [secret], desk.rotate(made["id"])["secret"]
    desk.cause()
    desk.settle()
    got = receiver.take()
    equal(len(got), 2)
    for key, takers in [(secret, 1), (own, 1), *((key, 0) for key in gone)]:
        n = 0
        for message in got:
            try:
                desk.verify(*message, key)
                n += 1
            except Refused as e:
                assert "no signature fits" in str(e)
        equal(n, takers)


def walk(base):
    receiver = Receiver()
    for kind in (Tilled, LeanRails):
        desk = kind(base.rstrip("/"), f"webhooks-python-{kind.name}")
        for step in (sequences, every_byte, planned, schedule, later_on, secrets):
            receiver.answers, receiver.hold = [], None
            desk.begin()
            desk.control("POST", "/clock/freeze")
            step(desk, receiver)
            equal(receiver.take(), [])
            print(f"ok {kind.name}: {step.__name__}", flush=True)


if __name__ == "__main__":
    try:
        walk(os.environ["LOCALCHECKOUT_URL"])
    except Exception:
        traceback.print_exc()
        sys.exit(1)
