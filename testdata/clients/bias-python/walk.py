"""Drives a running localcheckout with a client of Bias that was written from its documentation alone.
It needs nothing but Python.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python3 walk.py

One line `ok <step>` per step; the first step that fails ends the program with status 1."""

import json
import os
import re
import sys
import traceback
import urllib.request

from bias import Bias

BASE = os.environ.get("LOCALCHECKOUT_URL", "").rstrip("/")
if not BASE:
    sys.exit("LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747")

# It keeps this walk apart from others; the key selects it.
SANDBOX = "bias-python"
STEPS = []
INVALID = "invalid_request_error"


def service(key=f"sk_test_sandbox_{SANDBOX}"):
    return Bias(key, base_url=f"{BASE}/bias")


sessions = service().checkout.sessions
seen = {}  # what later steps need


def step(name):
    """Adds a function to the walk."""
    return lambda run: STEPS.append((name, run)) or run


def control(method, path):
    request = urllib.request.Request(f"{BASE}/_control{path}", headers={"X-Sandbox": SANDBOX}, method=method)
    with urllib.request.urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None


def equal(got, want, what="the value"):
    if got != want:
        raise AssertionError(f"{what} is {got!r}; want {want!r}")


def good(result, name="checkout_session"):
    """An object that must not be an error."""
    equal((result.status, result["object"]), (200, name), f"what {result} is")
    return result


def refused(result, status, kind, **want):
    """The error of a call that must be refused."""
    equal((result.status, result["object"]), (status, "error"), f"what {result} is")
    error = result["error"]
    for member, value in {"type": kind, **want}.items():
        equal(error[member], value, f"{member} of {error}")
    if not error["message"]:
        raise AssertionError(f"no message in {error}")
    return error


def ids(page):
    return [s["id"] for s in page["items"]]


def card(number):
    return {"payment_method": {"card": {"encrypted_number": number, "encrypted_expiry": "ciphertext", "encrypted_cvc": "ciphertext"}}}


def params():
    return {"line_items": [{"price": seen["price"]["id"], "quantity": 2}], "metadata": {"order": "7"}}


@step("the catalog has a price")
def catalog():
    control("POST", "/reset")
    prices = control("GET", "/fixtures")["bias"]["prices"]
    seen["price"] = next(p for p in prices if p["active"] and p["amount"])


@step("create")
def create():
    s = seen["first"] = good(sessions.create(params(), idempotency_key="walk-1"))
    if not re.fullmatch(r"cs_[0-9A-Za-z]+", s["id"]) or not re.fullmatch(r"[0-9A-Za-z]{24}", s["client_secret"]):
        raise AssertionError(f"identifiers of {s}")
    equal((s["amount"], s["status"], s["payments"]), (2 * seen["price"]["amount"], "requires_confirmation", None))


@step("the same key again is replayed")
def replay():
    equal(good(sessions.create(params(), idempotency_key="walk-1")), seen["first"])


@step("the same key with another body is refused")
def mismatch():
    refused(sessions.create({"amount": 1}, idempotency_key="walk-1"), 400, "idempotency_error", code=None, param=None)


@step("get, expanded")
def get():
    first = seen["first"]
    equal(good(sessions.get(first["id"])), first)
    s = good(sessions.get(first["id"], expand={"payments": True, "customer": True, "line_items": {"price": {"product": True}}}))
    equal((s["payments"], s["customer"]), ([], None))
    equal(s["line_items"][0]["price"]["product"]["object"], "product")


@step("list in two pages")
def pages():
    others = seen["others"] = []
    for mode in ("setup", "payment", "setup", "payment"):
        others.insert(0, good(sessions.create({"mode": mode} if mode == "setup" else {"mode": mode, "amount": 300})))
    one = good(sessions.list(limit=3), "list")
    two = good(sessions.list(limit=3, starting_after=one["items"][-1]["id"]), "list")
    equal(ids(one) + ids(two), [s["id"] for s in others + [seen["first"]]])
    equal((one["has_more"], two["has_more"]), (True, False))


@step("list backward")
def backward():
    page = good(sessions.list(limit=2, ending_before=seen["first"]["id"]), "list")
    equal((ids(page), page["has_more"]), (ids({"items": seen["others"][2:]}), True))


@step("list by filters")
def filters():
    first = seen["first"]
    setups = [s["id"] for s in seen["others"] if s["mode"] == "setup"]
    for asked, want in (
        ({"mode": "setup"}, setups),
        ({"or": [{"mode": "setup"}, {"created_at": {"lt": first["created_at"]}}]}, setups),
        ({"created_at": {"gte": first["created_at"]}, "mode": "setup"}, setups),
        ({"and": [{"mode": "payment"}, {"status": "complete"}]}, []),
        ({"customer": None, "live": False}, ids({"items": seen["others"]}) + [first["id"]]),
    ):
        equal(ids(good(sessions.list(filters=asked), "list")), want, f"the list by {asked}")


@step("update")
def update():
    first, price = seen["first"], seen["price"]
    line = first["line_items"][0]["id"]
    details = {"email": "ada@example.com", "name": "Ada"}
    s = good(sessions.update(first["id"], {"line_items": [{"id": line, "quantity": 3}, {"price": price["id"], "quantity": 1}], "customer_details": details}))
    equal((s["amount"], s["line_items"][0]["id"]), (4 * price["amount"], line))
    equal((s["customer_details"], s["metadata"]), ({**details, "phone": None}, {"order": "7"}))
    refused(sessions.update(first["id"], {"amount": 5}), 400, INVALID, param="amount")


@step("the client secret reads and updates its session")
def current():
    browser = service(seen["first"]["client_secret"]).checkout.sessions
    s = good(browser.get("current"))
    equal((s["id"], s["payments"]), (seen["first"]["id"], []))
    s = good(browser.update("current", {"customer_details": {"phone": "1"}}))
    equal(s["customer_details"], {"email": "ada@example.com", "name": "Ada", "phone": "1"})
    refused(browser.list(), 401, "authentication_error")


@step("a payment is declined")
def declined():
    browser = service(seen["first"]["client_secret"])
    error = refused(browser.payments.create(card("decline_insufficient_funds")), 402, "payment_error", code=None, decline_code="insufficient_funds")
    equal(error["payment"]["status"], "failed")
    equal(good(sessions.get(seen["first"]["id"]))["status"], "requires_confirmation")


@step("a payment succeeds")
def paid():
    p = good(service(seen["first"]["client_secret"]).payments.create(card("ciphertext")), "payment")
    equal((p["status"], p["amount_received"]), ("succeeded", 4 * seen["price"]["amount"]))


@step("the session is complete and has a customer")
def complete():
    s = good(sessions.get(seen["first"]["id"], expand={"customer": True, "payments": True}))
    equal((s["status"], s["amount_collected"]), ("complete", 4 * seen["price"]["amount"]))
    equal([s["customer"][member] for member in ("email", "name", "phone")], ["ada@example.com", "Ada", "1"])
    equal([p["status"] for p in s["payments"]], ["failed", "succeeded"])


@step("a complete session takes metadata only")
def metadata():
    id = seen["first"]["id"]
    equal(good(sessions.update(id, {"metadata": {"shipped": "yes"}}))["metadata"], {"order": "7", "shipped": "yes"})
    refused(sessions.update(id, {"customer_details": {"name": "Eve"}}), 400, INVALID, param="customer_details")


@step("a complete session cannot be expired")
def not_expired():
    refused(sessions.expire(seen["first"]["id"]), 400, INVALID)


@step("expire another")
def expire():
    s = good(sessions.expire(seen["others"][0]["id"]))
    equal(s["status"], "expired")
    refused(service(s["client_secret"]).payments.create(card("ciphertext")), 400, INVALID)


@step("an unknown session")
def unknown():
    refused(sessions.get("cs_unknown"), 404, INVALID, param=None)


@step("bad parameters are all named")
def validation():
    bad = {"line_items": [{"price": "price_unknown", "quantity": 0}], "color": "red"}
    error = refused(sessions.create(bad), 400, INVALID, param="line_items[0].quantity")
    equal([i["path"] for i in error["issues"]], [["line_items", 0, "quantity"], ["color"]])
    refused(sessions.create({"line_items": [{"price": "price_unknown"}]}), 400, INVALID, param="line_items[0].price")
    refused(sessions.create({"amount": 5, "line_items": [{"price": seen["price"]["id"]}]}), 400, INVALID, param="amount")


@step("keys that are not good")
def unauthorized():
    for key in ("", "sk_live_walk", "pk_test_walk", "uEyLI6rmFylTwIBik5cpn8ge"):
        refused(service(key).checkout.sessions.list(), 401, "authentication_error", live=None)


@step("a customer, a product and its price")
def merchandise():
    bias = service()
    customer = seen["buyer"] = good(bias.customers.create({"name": "Grace", "email": "grace@example.com"}), "customer")
    product = good(bias.products.create({"name": "Compiler"}), "product")
    price = seen["sold"] = good(bias.prices.create({"product": product["id"], "amount": 1200}), "price")
    equal(price["product"], product["id"])
    equal(good(bias.customers.get(customer["id"]), "customer"), customer)
    equal(good(bias.customers.list(filters={"email": "grace@example.com"}), "list")["items"], [customer])


@step("a session of them is paid")
def sold():
    made = good(sessions.create({"customer": seen["buyer"]["id"], "line_items": [{"price": seen["sold"]["id"], "quantity": 2}]}))
    seen["payment"] = good(service(made["client_secret"]).payments.create(card("ciphertext")), "payment")
    s = seen["sale"] = good(sessions.get(made["id"]))
    equal((s["status"], s["amount_collected"], s["customer"]), ("complete", 2400, seen["buyer"]["id"]))


@step("the payment is read back")
def read_back():
    bias, payment, buyer = service(), seen["payment"], seen["buyer"]
    equal(good(bias.payments.get(payment["id"]), "payment"), payment)
    p = good(bias.payments.get(payment["id"], expand={"customer": True, "session": {"customer": True}}), "payment")
    equal((p["customer"], p["session"]["customer"]), (buyer, buyer))
    equal(good(bias.payments.list(filters={"session": seen["sale"]["id"]}), "list")["items"], [payment])


@step("a part is refunded, then the rest")
def refund():
    bias, payment = service(), seen["payment"]["id"]
    part = good(bias.refunds.create({"payment": payment, "amount": 400}), "refund")
    equal((part["amount"], part["payment"], part["status"]), (400, payment, "succeeded"))
    refused(bias.refunds.create({"payment": payment, "amount": 2001}), 400, INVALID, param="amount")
    rest = good(bias.refunds.create({"payment": payment}), "refund")
    equal(rest["amount"], 2000)
    equal(good(bias.refunds.get(rest["id"], expand={"payment": True}), "refund")["payment"]["amount_refunded"], 2400)


@step("more than is left is not refunded")
def over_refund():
    bias, payment = service(), seen["payment"]["id"]
    refused(bias.refunds.create({"payment": payment, "amount": 1}), 400, INVALID, param="payment")
    equal(len(good(bias.refunds.list(filters={"payment": payment}), "list")["items"]), 2)


for name, run in STEPS:
    try:
        run()
    except Exception:
        traceback.print_exc()
        sys.exit(f"FAILED {name}")
    print(f"ok {name}", flush=True)
