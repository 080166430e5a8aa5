"""The receiver's side of the webhooks of Tilled and LeanRails, written from their documentation alone.

Each has a function that returns the event, or raises Refused with what is wrong with the message. Names of headers
are in lower case.
"""

import hashlib
import hmac
import json
import re
import time

TOLERANCE = 5 * 60  # seconds, either side


class Refused(Exception):
    """A message that a receiver must not act on."""


def tilled(body, headers, secret, now=None):
    """tilled-signature: t=<milliseconds>,v1=<hex>[,v1=<hex>…], of the time as written, a dot and the body."""
    stamp, signatures = None, []
    for field in headers.get("tilled-signature", "").split(","):
        name, _, value = field.partition("=")
        if name == "t":
            stamp = value
        elif name == "v1":  # other schemes are ignored
            signatures.append(value)
    if not stamp or not re.fullmatch(r"\d{13}", stamp):
        raise Refused("no timestamp in milliseconds")
    return _checked(body, int(stamp) / 1000, stamp.encode() + b"." + body, signatures, secret, now)


def leanrails(body, headers, secret, now=None, header="x-signature"):
    """X-Signature: t=<seconds>,v1=<hex>, of the text "v1=", the time, a dot and the body."""
    found = re.fullmatch(r"t=(\d{10}),v1=([0-9a-f]{64})", headers.get(header, ""))
    if not found:
        raise Refused(f"{header} is not t=…,v1=…")
    stamp, signature = found.groups()
    return _checked(body, int(stamp), f"v1={stamp}.".encode() + body, [signature], secret, now)


def _checked(body, at, signed, signatures, secret, now):
    if abs((time.time() if now is None else now) - at) > TOLERANCE:
        raise Refused("the timestamp is too far off")
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(wanted, signature) for signature in signatures):
        raise Refused("no signature fits")
    return json.loads(body)


def timestamp(headers):
    """What is signed, in the provider's unit, and how many of these are a second."""
    for header, unit in (("tilled-signature", 1000), ("x-signature", 1)):
        if header in headers:
            return int(re.match(r"t=(\d+),", headers[header])[1]), unit
    raise Refused("no signature")
