"""Walks the whole life of a sale with PyPI polar-sdk, unmodified, against a running localcheckout: customer, product,
checkout, payment, order and subscription read back, renewal by the clock, refund, cancellation. Every webhook on the
way is verified by the SDK.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python walk.py 1.0.2

Run it with the Python of an environment that holds <version>/requirements.txt. Every step prints "ok <step>"; the
first that fails prints why and ends the process with 1.
"""

import json
import os
import sys
import threading
import traceback
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from polar.v2026_10 import Polar, webhooks

sys.dont_write_bytecode = True  # this folder is test data


class World:
    """One sandbox, as the merchant, as the test and as the receiver of webhooks see it."""

    def __init__(self, base, sandbox):
        self.base, self.sandbox = base, sandbox
        self.sdk = Polar(f"polar_oat_sandbox_{sandbox}", base_url=f"{base}/polar")
        messages = self.messages = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((body, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        receiver = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        receiver.daemon_threads = True
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.control("POST", "/reset")
        self.control("POST", "/clock/freeze")
        self.control("POST", "/webhooks/endpoints", {"provider": "polar", "url": f"http://127.0.0.1:{receiver.server_port}/hooks"})
        providers = self.control("GET", "/info")["providers"]
        self.secret = next(p["webhook_secret"] for p in providers if p["name"] == "polar")

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Sandbox": self.sandbox}
        with urllib.request.urlopen(urllib.request.Request(f"{self.base}/_control{path}", data, headers, method=method)) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def advance(self, by="0s"):
        self.control("POST", "/clock/advance", {"by": by})

    def told(self, *want):
        """The webhooks since the last time, verified, by type; want are the types in order, nothing for any."""
        self.advance()
        got, self.messages[:] = list(self.messages), []
        types = [json.loads(body)["type"] for body, _ in got]
        assert not want or types == list(want), types
        for body, headers in got:
            verified(body, headers, self.secret)
        return {json.loads(body)["type"]: json.loads(body)["data"] for body, _ in got}

    def silent(self):
        self.advance()
        assert self.messages == [], self.messages


def verified(body, headers, secret):
    """Has the SDK verify and read a message. Version 1.0.2 takes the status of a subscription within the state of a
    customer for that of a license key, and so refuses what it has verified."""
    message = json.loads(body)
    if message["type"] == "customer.state_changed" and message["data"]["active_subscriptions"]:
        try:
            webhooks.validate_event(body, headers, secret)
        except webhooks.PolarWebhookError as e:
            assert "verif" not in str(e).lower(), repr(e)
            return
        raise AssertionError("the defect is gone; treat customer.state_changed as the others")
    event = webhooks.validate_event(body, headers, secret)
    assert event.data.id == message["data"]["id"]


def refused(status, call, **fields):
    try:
        call(**fields)
    except Exception as e:
        assert getattr(e, "status_code", None) == status, repr(e)
        return e
    raise AssertionError(f"accepted: {fields}")


def walk(w):
    sdk = w.sdk
    customer = sdk.customers.create(email="ada@example.com", name="Ada Lovelace", external_id="usr_ada")
    assert sdk.customers.get_external("usr_ada").id == customer.id
    product = sdk.products.create(
        name="Levain Club", recurring_interval="month",
        prices=[{"amount_type": "fixed", "price_amount": 1500, "price_currency": "usd"}])
    w.told()
    ok("customer and product")

    session = sdk.checkouts.create(products=[product.id], customer_id=customer.id, metadata={"ref": "A-1001"})
    assert session.customer_email == "ada@example.com" and session.total_amount == 1500
    with urllib.request.urlopen(session.url) as page:
        assert page.status == 200
    w.told("checkout.created")
    ok("checkout")

    sdk.checkouts.client_confirm(session.client_secret, confirmation_token_id="ctoken_1", customer_billing_address={"country": "FR"})
    assert sdk.checkouts.get(session.id).status == "succeeded"
    messages = w.told(
        "checkout.updated", "customer.updated", "customer.state_changed", "subscription.created", "subscription.active",
        "subscription.updated", "order.created", "order.updated", "order.paid", "checkout.updated", "customer.state_changed")
    ok("paid")

    [order] = sdk.orders.iter_list(checkout_id=session.id)
    assert order.id == messages["order.paid"]["id"]
    assert (order.status, order.total_amount, order.billing_reason) == ("paid", 1500, "subscription_create"), order
    assert order.customer_id == customer.id and order.product_id == product.id
    subscription = sdk.subscriptions.get(order.subscription_id)
    assert subscription.status == "active" and subscription.checkout_id == session.id
    assert [s.id for s in sdk.subscriptions.iter_list(customer_id=customer.id)] == [subscription.id]
    ok("read back")

    w.advance("744h")
    messages = w.told(
        "subscription.cycled", "subscription.updated", "customer.state_changed", "order.created", "order.updated", "order.paid")
    assert sdk.subscriptions.get(subscription.id).current_period_start == subscription.current_period_end
    orders = list(sdk.orders.iter_list(subscription_id=subscription.id))
    assert [o.billing_reason for o in orders] == ["subscription_cycle", "subscription_create"]
    renewal = orders[0]
    assert renewal.id == messages["order.paid"]["id"] and renewal.total_amount == 1500
    ok("renewed by the clock")

    part = sdk.refunds.create(order_id=renewal.id, amount=500, reason="customer_request")
    assert part.status == "succeeded" and sdk.orders.get(renewal.id).status == "partially_refunded"
    w.told("refund.created", "order.updated", "order.refunded", "refund.updated")
    refused(422, sdk.refunds.create, order_id=renewal.id, amount=1001, reason="other")
    w.silent()
    sdk.refunds.create(order_id=renewal.id, amount=1000, reason="duplicate")
    assert sdk.orders.get(renewal.id).status == "refunded"
    w.told("refund.created", "order.updated", "order.refunded", "refund.updated")
    again = refused(403, sdk.refunds.create, order_id=renewal.id, amount=1, reason="other")
    assert again.error.error == "RefundedAlready", again.error
    assert [r.amount for r in sdk.refunds.iter_list(order_id=renewal.id)] == [1000, 500]
    ok("refunded")

    leaving = sdk.subscriptions.update(subscription.id, cancel_at_period_end=True, customer_cancellation_reason="unused")
    assert leaving.cancel_at_period_end and leaving.ends_at == leaving.current_period_end
    w.told("subscription.updated", "subscription.canceled", "customer.state_changed")
    w.advance("744h")
    w.told("subscription.updated", "subscription.canceled", "subscription.revoked", "customer.state_changed")
    assert sdk.subscriptions.get(subscription.id).status == "canceled"
    refused(403, lambda: sdk.subscriptions.revoke(subscription.id))
    ok("canceled at the end of the period")


def ok(step):
    print(f"ok {step}", flush=True)


if __name__ == "__main__":
    try:
        walk(World(os.environ["LOCALCHECKOUT_URL"], "polar-journey-python-" + sys.argv[1].replace(".", "-")))
    except Exception:
        traceback.print_exc()
        sys.exit(1)
