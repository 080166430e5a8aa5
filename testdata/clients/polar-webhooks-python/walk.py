"""Receives the webhooks that a running localcheckout sends for Polar, and has them verified by one version of
PyPI polar-sdk, unmodified.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python walk.py 0.16.1

Run it with the Python of an environment that holds <version>/requirements.txt. Every step prints "ok <step>"; the
first that fails prints why and ends the process with 1. Against a server started with --polar-profile 2025-02 set
LOCALCHECKOUT_POLAR_PROFILE to the same.
"""

import json
import os
import re
import sys
import threading
import traceback
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True  # this folder is test data

SEED_PROFILE = os.environ.get("LOCALCHECKOUT_POLAR_PROFILE") == "2025-02"

# What each version can do: the types and states that it refuses, for a reason, of all that the emulator causes; where its
# verifier is, and whether it reads a secret as Standard Webhooks does beside the older way.
VERSIONS = {
    "0.16.1": dict(module="polar_sdk.webhooks", standard=False, refuses={
        "checkout.expired": "of February 2026", "customer.created": "of a later time", "customer.updated": "of a later time",
        "customer.state_changed": "of a later time", "order.updated": "of a later time", "order.paid": "of a later time",
        "customer.deleted": "of a later time", "discount.created": "of August 2026", "discount.updated": "of August 2026",
        "discount.deleted": "of August 2026",
        "subscription.cycled": "of a later time", "subscription.paused": "of a later time", "subscription.resumed": "of a later time",
        "paused": "a status of a later time", "order.refunded": "not among its types", "refund.created": "not among its types",
        "refund.updated": "not among its types", "subscription.uncanceled": "not among its types",
    }),
    "1.0.2": dict(module="polar.v2026_10.webhooks", standard=True, refuses={}, defect="customer.state_changed"),
}

# Types that the emulator causes and this walk cannot, each with its reason. A type that stands neither here nor in a
# message of the walk ends it.
NOT_CAUSED = {}


class Server:
    """One sandbox, as the merchant and as the test see it."""

    def __init__(self, base, sandbox):
        self.base, self.sandbox = base, sandbox

    def control(self, method, path, body=None):
        return self._call(method, f"{self.base}/_control{path}", {"X-Sandbox": self.sandbox}, body)

    def merchant(self, method, path, body=None):
        return self._call(method, f"{self.base}/polar{path}", {"Authorization": f"Bearer polar_oat_sandbox_{self.sandbox}"}, body)

    def settle(self, by="0s"):
        self.control("POST", "/clock/advance", {"by": by})

    def restart(self, receiver):
        self.control("POST", "/reset")
        self.control("POST", "/webhooks/endpoints", {"provider": "polar", "url": receiver.url})
        return self.polar()["webhook_secret"]

    def polar(self):
        return next(p for p in self.control("GET", "/info")["providers"] if p["name"] == "polar")

    def _call(self, method, url, headers, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {url} = {e.code} {e.read()!r}") from e
        return json.loads(text) if text else None


class Receiver:
    """Takes webhooks, byte for byte."""

    def __init__(self):
        messages = self.messages = []
        state = self.state = {"status": 202}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((body, dict(self.headers.items())))
                self.send_response(state["status"])
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


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def refused(verify, message, secret, words):
    try:
        verify(*message, secret)
    except Exception as e:
        assert type(e).__name__.endswith("VerificationError"), repr(e)
        assert re.search(words, str(e)), repr(e)
        return
    raise AssertionError(f"accepted with {secret}: {message}")


def products(server):
    catalog = server.control("GET", "/fixtures")["polar"]
    return [p for p in catalog["products"] if not p["is_archived"] and p["visibility"] != "draft"], catalog["discounts"]


def book(server):
    return next(p["id"] for p in products(server)[0] if not p["is_recurring"] and p["prices"][0].get("price_amount"))


def create(server, product, **more):
    return server.merchant("POST", "/v1/checkouts/", {"product_id": product, **more})


def every_type(server, receiver, verify, traits):
    """Whatever is sold, at a discount or not: every message is accepted, and read where its type is known."""
    secret = server.restart(receiver)
    assert secret.startswith("polar_whs_")
    seen = set()
    offered, discounts = products(server)
    for n, product in enumerate(offered):
        for discount in [None, *discounts]:
            more = {} if discount is None else {"discount_id": discount["id"]}
            try:
                session = create(server, product["id"], customer_email=f"{len(seen)}.{n}@example.com", metadata={"ref": "A-1", "n": 3}, **more)
            except AssertionError as e:
                assert "422" in str(e)
                continue  # the discount does not fit
            server.control("POST", f"/sessions/{session['id']}/pay", {})
            server.settle()
            seen |= accepted(receiver, verify, secret, traits)
    create(server, book(server))
    server.control("POST", "/clock/freeze")
    afterwards(server, offered)
    server.settle("24h")
    seen |= accepted(receiver, verify, secret, traits)
    server.control("POST", "/clock/resume")
    # Only a customer of before is updated, by a second confirmation.
    for _ in range(2):
        session = create(server, book(server), customer_email="ada@example.com")
        server.control("POST", f"/sessions/{session['id']}/pay", {})
    resources(server)
    server.settle()
    seen |= accepted(receiver, verify, secret, traits)
    caused = set(server.polar()["events"])
    assert len(caused) >= 6, caused
    assert seen == caused - set(NOT_CAUSED), f"seen {sorted(seen)}; the emulator causes {sorted(caused)}"


def resources(server):
    """What the merchant makes, changes and deletes beside sessions."""
    product = server.merchant("POST", "/v1/products/", {"name": "Course", "prices": [{"amount_type": "fixed", "price_amount": 900}]})
    server.merchant("PATCH", f"/v1/products/{product['id']}", {"name": "Long course", "metadata": {"a": 1}})
    for body in (
        {"type": "fixed", "duration": "once", "amounts": {"usd": 100}},
        {"type": "percentage", "duration": "repeating", "duration_in_months": 3, "basis_points": 1000, "products": [product["id"]], "code": "THREE"},
    ):
        discount = server.merchant("POST", "/v1/discounts/", {"name": "Less", **body})
        server.merchant("PATCH", f"/v1/discounts/{discount['id']}", {"max_redemptions": 3})
        server.merchant("DELETE", f"/v1/discounts/{discount['id']}")
    customer = server.merchant("POST", "/v1/customers/", {"email": "gone@example.com", "external_id": "usr_gone", "name": "Gone"})
    monthly = next(p for p in products(server)[0] if p["recurring_interval"] == "month")
    session = create(server, monthly["id"], customer_id=customer["id"])
    server.control("POST", f"/sessions/{session['id']}/pay", {})
    server.merchant("DELETE", "/v1/customers/external/usr_gone")
    organization = server.control("GET", "/fixtures")["polar"]["organizations"][0]
    server.merchant("PATCH", f"/v1/organizations/{organization['id']}", {"name": "Crumbs"})


def afterwards(server, offered):
    """What becomes of an order and of subscriptions."""
    monthly = next(p["id"] for p in offered if p["recurring_interval"] == "month" and not p["trial_interval"] and p["prices"][0].get("price_amount"))

    def sold(product):
        session = create(server, product, customer_email="grace@example.com")
        server.control("POST", f"/sessions/{session['id']}/pay", {})
        return server.merchant("GET", f"/v1/orders/?checkout_id={session['id']}")["items"][0]

    def change(subscription, method="PATCH", **body):
        server.merchant(method, f"/v1/subscriptions/{subscription}", body or None)

    server.merchant("POST", "/v1/refunds/", {"order_id": sold(book(server))["id"], "reason": "customer_request", "amount": 100})
    first, second = (sold(monthly)["subscription_id"] for _ in range(2))
    change(first, cancel_at_period_end=True, customer_cancellation_reason="too_expensive")
    change(first, cancel_at_period_end=False)
    if not SEED_PROFILE:
        change(second, pause_at_period_end=True)
    server.settle("744h")
    if not SEED_PROFILE:
        change(second, resume=True)
    change(first, method="DELETE")


def accepted(receiver, verify, secret, traits):
    types = set()
    for body, headers in receiver.take():
        kind = json.loads(body)["type"]
        types.add(kind)
        assert lower(headers)["user-agent"] == "polar.sh webhooks"
        if traits.get("defect") == kind and json.loads(body)["data"]["active_subscriptions"]:
            cannot_read_a_subscription(traits["loaded"], verify, body, headers, secret)
            continue
        if kind not in traits["refuses"] and json.loads(body)["data"].get("status") not in traits["refuses"]:
            assert verify(body, headers, secret) is not None, kind
            continue
        try:
            verify(body, headers, secret)
        except Exception as e:  # the signature is right, the type is of a later time
            assert type(e).__name__ == "ValidationError", repr(e)
        else:
            raise AssertionError(f"{kind} is known after all")
    return types


def cannot_read_a_subscription(module, verify, body, headers, secret):
    """polar-sdk 1.0.2 takes the status of a subscription for that of a license key. All the rest is read."""
    try:
        verify(body, headers, secret)
    except Exception as e:
        assert type(e).__name__ == "PolarWebhookError", repr(e)
    else:
        raise AssertionError("the defect is gone; treat customer.state_changed as the others")
    data = json.loads(body)
    for subscription in data["data"]["active_subscriptions"]:
        subscription["status"] = "granted"
    module._load_payload(data)


def damaged(server, receiver, verify, traits):
    """One byte, the time and the secret each matter."""
    secret = server.restart(receiver)
    product = book(server)
    create(server, product)
    server.settle()
    server.control("PUT", "/webhooks/plan", {"steps": [{"do": "stale_timestamp"}, {"do": "bad_signature"}]})
    create(server, product)
    create(server, product)
    server.settle()
    good, stale, forged = receiver.take()
    flipped = bytearray(good[0])
    flipped[-5] ^= 1
    verify(*good, secret)
    refused(verify, (bytes(flipped), good[1]), secret, "No matching signature")
    refused(verify, stale, secret, "too old")
    refused(verify, forged, secret, "No matching signature")
    refused(verify, good, secret[:-1], "No matching signature")


def secrets(server, receiver, verify, traits):
    """Secrets made by the endpoint's owner, and of the newer form."""
    server.control("POST", "/reset")
    own = "a-secret-of-thirty-two-characters-or-more"
    wanted = {"url": receiver.url, "format": "raw", "events": ["checkout.created"]}
    server.merchant("POST", "/v1/webhooks/endpoints", {**wanted, "secret": own})
    keys = [own]
    if not SEED_PROFILE:
        made = server.merchant("POST", "/v1/webhooks/endpoints", wanted)
        assert made["uses_standard_webhook_signature"] and re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"]), made
        keys += [made["secret"]]
    create(server, book(server))
    server.settle()
    got = receiver.take()
    assert len(got) == len(keys)
    for secret in keys:
        n = 0
        for message in got:
            try:
                verify(*message, secret)
                n += 1
            except Exception as e:
                assert type(e).__name__.endswith("VerificationError"), repr(e)
        assert n == (1 if secret == own or traits["standard"] else 0), (secret, n)


def both(server, receiver, verify, traits):
    """An endpoint that asks for both signatures satisfies every version."""
    server.control("POST", "/reset")
    made = server.control("POST", "/webhooks/endpoints", {
        "provider": "polar", "url": receiver.url, "signature": "both", "events": ["checkout.created"],
    })
    create(server, book(server))
    server.settle()
    [(body, headers)] = receiver.take()
    assert len(lower(headers)["webhook-signature"].split(" ")) == 2, headers
    verify(body, headers, made["secret"])
    flipped = bytearray(body)
    flipped[-5] ^= 1
    refused(verify, (bytes(flipped), headers), made["secret"], "No matching signature")


def later_on(server, receiver, verify, traits):
    """After days on the sandbox's clock, and on a repetition, the signed time is still the receiver's."""
    secret = server.restart(receiver)
    server.control("POST", "/clock/freeze")
    server.settle("240h")
    receiver.state["status"] = 500
    create(server, book(server))
    server.settle()
    receiver.state["status"] = 202
    server.settle("10s")
    first, second = receiver.take()
    assert first[0] == second[0] and lower(first[1])["webhook-id"] == lower(second[1])["webhook-id"]
    verify(*first, secret)
    verify(*second, secret)


def walk(version):
    traits = VERSIONS[version]
    module = traits["loaded"] = __import__(traits["module"], fromlist=["validate_event"])
    server = Server(os.environ["LOCALCHECKOUT_URL"], "polar-webhooks-python-" + version.replace(".", "-"))
    receiver = Receiver()

    def verify(body, headers, secret):
        return module.validate_event(body, lower(headers), secret)

    for step in (every_type, damaged, secrets, both, later_on):
        step(server, receiver, verify, traits)
        print("ok", step.__name__)


if __name__ == "__main__":
    try:
        walk(sys.argv[1])
    except Exception:
        traceback.print_exc()
        sys.exit(1)
