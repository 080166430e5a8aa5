"""Drives a running localcheckout with a client of LeanRails that was written from its documentation
alone. It needs nothing but Python.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python3 walk.py

One line `ok <step>` per step; the first step that fails ends the program with status 1."""

import datetime
import json
import os
import re
import sys
import traceback
import urllib.request

from leanrails import AuthenticationError, CardError, InvalidRequestError, LeanRails, LeanRailsError

BASE = os.environ.get("LOCALCHECKOUT_URL", "").rstrip("/")
if not BASE:
    sys.exit("LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747")

# It keeps this walk apart from others; the secret key selects it.
SANDBOX = "leanrails-python"
VERSION = "2026-03-09"


def account(key=f"sk_test_sandbox_{SANDBOX}", version=VERSION):
    return LeanRails(key, base_url=f"{BASE}/leanrails", api_version=version)


def service(*args, **options):
    return account(*args, **options).checkout_sessions


lean = account()
sessions = lean.checkout_sessions
STEPS = []


def step(name):
    """Adds a function to the walk."""
    return lambda run: STEPS.append((name, run)) or run


def control(method, path, body=None):
    data = None if method == "GET" else json.dumps(body or {}).encode()
    headers = {"X-Sandbox": SANDBOX, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{BASE}/_control{path}", data, headers, method=method)) as response:
        text = response.read()
    return json.loads(text) if text else None


def equal(got, want, what="the value"):
    if got != want:
        raise AssertionError(f"{what} is {got!r}; want {want!r}")


def matches(text, pattern):
    if not isinstance(text, str) or not re.search(pattern, text):
        raise AssertionError(f"{text!r} does not match {pattern}")


def refused(call, status, code, param, kind=InvalidRequestError):
    """The error of a call that must be refused."""
    try:
        answer = call()
    except LeanRailsError as error:
        got = (type(error), error.status, error.code, error.param, error.doc_url)
        equal(got, (kind, status, code, param, f"https://docs.leanrails.com/errors/{code}"), f"the error ({error})")
        return error
    raise AssertionError(f"expected {status} {code}, got {answer}")


def ids(page):
    return [session["id"] for session in page["data"]]


class World:
    """What the steps share."""

    price = order = first = second = third = fourth = None
    customer = sold = session = intent = charge = None


def params(**more):
    out = {
        "mode": "payment",
        "line_items": [{"price": World.price["id"], "quantity": 2}],
        "success_url": "https://example.com/done?session_id={CHECKOUT_SESSION_ID}",
        **more,
    }
    return {name: value for name, value in out.items() if value is not None}


@step("the catalog has a price")
def catalog():
    control("POST", "/reset")
    prices = control("GET", "/fixtures")["leanrails"]["prices"]
    World.price = next(p for p in prices if p["active"] and p["type"] == "one_time" and p["currency"] == "usd" and p["unit_amount"])


@step("create")
def create():
    World.order = params(metadata={"order": "1"}, cancel_url="https://example.com/back", billing_address_collection="required")
    World.first = sessions.create(**World.order, idempotency_key="order-1")
    equal(World.first.headers["Idempotent-Replayed"], None)
    rest = dict(World.first)
    matches(rest.pop("id"), "^cs_[0-9a-z]{16}$")
    matches(rest.pop("url"), f"/{World.first['id']}$")
    matches(rest.pop("payment_intent"), "^pi_[0-9a-z]{16}$")
    equal(rest.pop("expires_at") - rest.pop("created"), 24 * 60 * 60, "the lifetime")
    amount = 2 * World.price["unit_amount"]
    equal(rest, {
        "object": "checkout.session", "mode": "payment", "status": "open", "payment_status": "unpaid", "ui_mode": "hosted",
        "customer_creation": "if_required", "billing_address_collection": "required", "metadata": {"order": "1"}, "livemode": False,
        "client_secret": None, "success_url": World.order["success_url"], "cancel_url": "https://example.com/back", "customer": None,
        "customer_email": None, "customer_details": None, "currency": "usd", "amount_subtotal": amount, "amount_total": amount,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "client_reference_id": None,
    }, "the session")


@step("the same key again is replayed")
def replay():
    again = sessions.create(**World.order, idempotency_key="order-1")
    equal(again, World.first)
    equal(again.headers["Idempotent-Replayed"], "true")


@step("the same key with another body is refused")
def reuse():
    refused(lambda: sessions.create(**params(), idempotency_key="order-1"), 422, "idempotency_key_reused", "Idempotency-Key")


@step("retrieve answers what create answered")
def retrieve():
    equal(sessions.retrieve(World.first["id"]), World.first)


@step("an embedded session has a secret and no page")
def embedded():
    World.second = sessions.create(**params(customer_creation="always", customer_email="grace@example.com"))
    World.third = sessions.create(**params(ui_mode="embedded", success_url=None))
    World.fourth = sessions.create(**params(ui_mode="custom"))
    for session in (World.third, World.fourth):
        equal(session["url"], None, "url")
        matches(session["client_secret"], f"^{session['id']}_secret_[0-9a-z]{{24}}$")


@step("list in two pages by next_cursor")
def pages():
    page = sessions.list(limit=3)
    equal(ids(page), [World.fourth["id"], World.third["id"], World.second["id"]])
    equal((page["object"], page["has_more"], page["url"], page["next_cursor"]), ("list", True, "/v1/checkout_sessions", World.second["id"]))
    page = sessions.list(limit=3, starting_after=page["next_cursor"])
    equal((ids(page), page["has_more"], page["next_cursor"]), ([World.first["id"]], False, None))


@step("list backward by ending_before")
def backward():
    page = sessions.list(limit=2, ending_before=World.first["id"])
    equal((ids(page), page["has_more"]), ([World.third["id"], World.second["id"]], True))
    page = sessions.list(limit=2, ending_before=World.third["id"])
    equal((ids(page), page["has_more"], page["next_cursor"]), ([World.fourth["id"]], False, None))


@step("every page one after the other")
def every_page():
    newest_first = [World.fourth, World.third, World.second, World.first]
    equal([s["id"] for s in sessions.auto_paging_iter(limit=1)], [s["id"] for s in newest_first])


@step("line items")
def line_items():
    page = sessions.list_line_items(World.first["id"], limit=10)
    equal(page["url"], f"/v1/checkout_sessions/{World.first['id']}/line_items")
    [item] = page["data"]
    matches(item.pop("id"), "^csli_[0-9a-z]{16}$")
    matches(item.pop("description"), ".")
    amount = 2 * World.price["unit_amount"]
    equal(item, {"object": "item", "price": World.price["id"], "quantity": 2, "amount_subtotal": amount, "amount_total": amount, "currency": "usd"})


@step("a session paid by control is complete")
def pay():
    control("POST", f"/sessions/{World.second['id']}/pay")
    session = sessions.retrieve(World.second["id"])
    equal((session["status"], session["payment_status"]), ("complete", "paid"))
    matches(session["customer"], "^cus_[0-9a-z]{16}$")
    equal(session["customer_details"]["email"], "grace@example.com")


@step("expire")
def expire():
    expired = sessions.expire(World.first["id"], idempotency_key="expire-1")
    equal(expired, {**World.first, "status": "expired"})
    again = sessions.expire(World.first["id"], idempotency_key="expire-1")
    equal((again, again.headers["Idempotent-Replayed"]), (expired, "true"))


@step("expire again is refused")
def expire_again():
    error = refused(lambda: sessions.expire(World.first["id"]), 400, "checkout_session_not_open", None)
    matches(error.message, "expired")


@step("a complete session cannot be expired")
def expire_paid():
    refused(lambda: sessions.expire(World.second["id"]), 400, "checkout_session_not_open", None)


@step("list by status")
def by_status():
    for status, want in {"open": [World.fourth, World.third], "complete": [World.second], "expired": [World.first]}.items():
        equal(ids(sessions.list(status=status)), [s["id"] for s in want], status)


@step("a session expires by the clock")
def clock():
    now = control("POST", "/clock/freeze")["now"]
    seconds = int(datetime.datetime.fromisoformat(re.sub(r"(\.\d+)?Z$", "+00:00", now)).timestamp())
    session = sessions.create(**params(expires_at=seconds + 1800))
    equal((session["status"], session["expires_at"]), ("open", seconds + 1800))
    control("POST", "/clock/advance", {"by": "30m"})
    equal(sessions.retrieve(session["id"])["status"], "expired")


@step("an unknown session")
def not_found():
    error = refused(lambda: sessions.retrieve("cs_none"), 404, "resource_missing", "id")
    equal(error.message, "No CheckoutSession found with ID 'cs_none'.")
    refused(lambda: sessions.expire("cs_none"), 404, "resource_missing", "id")
    refused(lambda: sessions.list(ending_before="cs_none"), 404, "resource_missing", "ending_before")


@step("a bad parameter is named")
def validation():
    for more, code, param in (
        ({"mode": "subscription"}, "parameter_invalid", "mode"),
        ({"line_items": None}, "parameter_missing", "line_items"),
        ({"line_items": [{"price": "price_none"}]}, "resource_missing", "line_items[0].price"),
        ({"line_items": [{"price": World.price["id"], "quantity": 0}]}, "parameter_invalid", "line_items[0].quantity"),
        ({"success_url": None}, "parameter_missing", "success_url"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"expires_at": 1}, "parameter_invalid", "expires_at"),
        ({"discounts": []}, "parameter_invalid", "discounts"),
    ):
        refused(lambda: sessions.create(**params(**more)), 400, code, param)
    refused(lambda: sessions.list(limit=101), 400, "parameter_invalid", "limit")


@step("several bad parameters are all told")
def all_faults():
    error = refused(lambda: sessions.create(mode="setup", line_items=[], ui_mode="popup"), 400, "parameter_invalid", "mode")
    for field in ("mode", "line_items", "ui_mode"):
        matches(error.message, f"`{field}`")


@step("a POST without a key is refused")
def no_key():
    refused(lambda: sessions.create(**params(), idempotency_key=None), 400, "parameter_missing", "Idempotency-Key")


@step("keys that are not good")
def unauthorized():
    for key in ("", f"pk_test_sandbox_{SANDBOX}", "nonsense"):
        error = refused(lambda: service(key).list(), 401, "authentication_failed", None, AuthenticationError)
        equal(error.message, "Invalid API key provided.")
    matches(refused(lambda: service("sk_live_1").list(), 401, "authentication_failed", None, AuthenticationError).message, "live")


@step("an answer tells its version and the rate limit")
def headers():
    got = sessions.list(limit=1).headers
    equal(got["X-API-Version"], VERSION)
    equal(int(got["X-RateLimit-Limit"]) > int(got["X-RateLimit-Remaining"]), True, "something is left of the limit")
    refused(lambda: service(version="latest").list(), 400, "parameter_invalid", "X-API-Version")


@step("a customer, a product and a price of it")
def goods():
    World.customer = lean.customers.create(email="ada@example.com", name="Ada", metadata={"user": "501"})
    matches(World.customer["id"], "^cus_[0-9a-z]{16}$")
    renamed = lean.customers.update(World.customer["id"], name="Ada Baker")
    equal(renamed, {**World.customer, "name": "Ada Baker"})
    product = lean.products.create(name="Mug", metadata={"sku": "M-1"})
    World.sold = lean.prices.create(product=product["id"], currency="usd", unit_amount=1500)
    equal((World.sold["type"], World.sold["product"], World.sold["active"]), ("one_time", product["id"], True))
    equal(ids(lean.prices.list(product=product["id"])), [World.sold["id"]])


@step("a session of them, paid")
def journey_paid():
    World.session = sessions.create(**params(customer=World.customer["id"], line_items=[{"price": World.sold["id"], "quantity": 2}]))
    equal((World.session["amount_total"], World.session["customer"]), (3000, World.customer["id"]))
    open_intent = lean.payment_intents.retrieve(World.session["payment_intent"])
    equal((open_intent["status"], open_intent["amount"], open_intent["charges"]["data"]), ("requires_payment_method", 3000, []))
    control("POST", f"/sessions/{World.session['id']}/pay", {"instrument": "pm_card_visa"})
    equal(sessions.retrieve(World.session["id"])["status"], "complete")


@step("its payment intent and charge are read back")
def read_back():
    World.intent = lean.payment_intents.retrieve(World.session["payment_intent"])
    got = World.intent
    equal((got["status"], got["amount_received"], got["customer"], got["payment_method"]), ("succeeded", 3000, World.customer["id"], "pm_card_visa"))
    [World.charge] = lean.charges.list(payment_intent=got["id"])["data"]
    equal(World.charge, got["charges"]["data"][0], "the listed charge")
    equal(lean.charges.retrieve(World.charge["id"]), World.charge)
    equal((World.charge["amount_captured"], World.charge["amount_refunded"]), (3000, 0))
    equal(ids(lean.payment_intents.list(customer=World.customer["id"])), [got["id"]])


@step("refunded in part, then whole, and not once more")
def refunded():
    intent_id = World.intent["id"]
    part = lean.refunds.create(payment_intent=intent_id, amount=1000, reason="torn", idempotency_key="refund-1")
    equal((part["amount"], part["status"], part["charge"]), (1000, "succeeded", World.charge["id"]))
    equal(lean.refunds.create(payment_intent=intent_id, amount=1000, reason="torn", idempotency_key="refund-1"), part, "the replay")
    error = refused(lambda: lean.refunds.create(payment_intent=intent_id, amount=2001), 400, "parameter_invalid", "amount")
    matches(error.message, "at most 2000")
    equal(lean.refunds.create(payment_intent=intent_id)["amount"], 2000)
    refused(lambda: lean.refunds.create(payment_intent=intent_id), 400, "parameter_invalid", "payment_intent")
    equal(lean.charges.retrieve(World.charge["id"])["amount_refunded"], 3000)
    equal(len(lean.refunds.list(payment_intent=intent_id)["data"]), 2, "the number of refunds")


@step("a payment intent by itself: declined, then held, captured in part")
def by_itself():
    held = lean.payment_intents.create(amount=900, currency="usd", capture_method="manual")
    error = refused(lambda: lean.payment_intents.confirm(held["id"], payment_method="pm_card_insufficient_funds"), 402, "card_declined", None, CardError)
    equal(error.decline_code, "insufficient_funds")
    equal(lean.payment_intents.confirm(held["id"], payment_method="pm_card_visa")["status"], "requires_capture")
    captured = lean.payment_intents.capture(held["id"], amount_to_capture=400)
    equal((captured["status"], captured["amount_received"]), ("succeeded", 400))
    refused(lambda: lean.payment_intents.cancel(held["id"]), 400, "payment_intent_unexpected_state", None)


@step("a checkout link makes a session")
def link():
    made = lean.checkout_links.create(title="Mug", line_items=[{"price": World.sold["id"]}], after_completion={"type": "redirect", "redirect": {"url": "https://example.com/thanks"}})
    with urllib.request.urlopen(made["url"]) as page:  # follows to the page
        session = sessions.retrieve(page.url.rsplit("/", 1)[1])
    equal((session["amount_total"], session["success_url"]), (1500, "https://example.com/thanks"))
    lean.checkout_links.update(made["id"], active=False)
    equal(ids(lean.checkout_links.list(active="false")), [made["id"]])


@step("a deleted customer stays in what names it")
def deleted():
    left = {"id": World.customer["id"], "object": "customer", "deleted": True}
    equal((lean.customers.delete(left["id"]), lean.customers.retrieve(left["id"])), (left, left))
    equal(lean.payment_intents.retrieve(World.intent["id"])["customer"], left["id"])
    refused(lambda: sessions.create(**params(customer=left["id"])), 400, "resource_missing", "customer")


for name, run in STEPS:
    try:
        run()
    except Exception:  # whatever it is, the step failed
        print(f"FAILED {name}: {traceback.format_exc()}", file=sys.stderr)
        sys.exit(1)
    print(f"ok {name}")
