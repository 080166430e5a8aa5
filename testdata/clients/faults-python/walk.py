"""Sees each connection fault of a running localcheckout with Python's own clients, http.client and
urllib, by the symptom that programs get."""

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

BASE = urllib.parse.urlsplit(os.environ["LOCALCHECKOUT_URL"])
PATH = "/s/faults-python/tilled/v1/checkout-sessions"
BODY = json.dumps({
    "line_items": [{"price_data": {"currency": "usd", "product_data": {"name": "x"}, "unit_amount": 100}, "quantity": 1}],
    "payment_intent_data": {"payment_method_types": ["card"]},
}).encode()
HEADERS = {"Content-Type": "application/json", "tilled-account": "acct_1", "tilled-api-key": "sk_test_1"}


def by_http_client(fault, timeout=30):
    """On a connection that has served one request."""
    conn = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=timeout)
    try:
        conn.request("POST", PATH, BODY, HEADERS)
        first = conn.getresponse()
        assert first.status == 201, first.status
        first.read()
        conn.request("POST", PATH, BODY, {**HEADERS, "X-Fault": fault})
        resp = conn.getresponse()
        return resp.status, resp.read()
    finally:
        conn.close()


def by_urllib(fault, timeout=30):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    req = urllib.request.Request(BASE.geturl() + PATH, BODY, {**HEADERS, "X-Fault": fault})
    with opener.open(req, timeout=timeout) as resp:
        return resp.status, resp.read()


def raises(kind, call, *args):
    try:
        got = call(*args)
    except kind as e:
        return e
    raise AssertionError(f"{call.__name__}{args} returned {got}; want {kind}")


for call in (by_http_client, by_urllib):
    raises(ConnectionResetError if call is by_http_client else (ConnectionResetError, urllib.error.URLError), call, "reset")
    raises(http.client.RemoteDisconnected, call, "empty")
    raises(http.client.RemoteDisconnected, call, "empty; phase=after")
    raises(http.client.BadStatusLine, call, "garbage")
    cut = raises(http.client.IncompleteRead, call, "truncate=20")
    assert len(cut.partial) == 20, cut
    raises(TimeoutError, call, "hang", 0.5)
    for fault in ("drip=200/2ms", "delay=50ms"):
        began = time.monotonic()
        status, body = call(fault)
        assert status == 201 and json.loads(body)["status"] == "open", (fault, status, body)
        assert fault != "delay=50ms" or time.monotonic() - began >= 0.05

status, body = by_http_client("status=503")
assert status == 503 and json.loads(body)["statusCode"] == 503, (status, body)
limited = raises(urllib.error.HTTPError, by_urllib, "rate_limit=5/7s")
assert limited.code == 429 and limited.headers["Retry-After"] == "7", limited
print("every fault was seen")
