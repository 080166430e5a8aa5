// The receiver's side of Tilled's webhooks, written from its documentation alone: the header
// tilled-signature has the time in milliseconds and one or more signatures, "t=…,v1=…"; each is the HMAC-SHA256
// of the time as written, a dot and the raw body, in lower-case hex; the key is the secret as it was given.

import { createHmac, timingSafeEqual } from 'node:crypto'

const tolerance = 5 * 60 * 1000 // milliseconds; the documentation leaves it to the receiver

// verify returns the event, or throws what is wrong with the message.
export function verify(raw, headers, secret, now = Date.now()) {
  const fields = String(headers['tilled-signature'] ?? '').split(',').map((field) => field.split('='))
  const at = fields.find(([name]) => name === 't')?.[1]
  if (!/^\d{13}$/.test(at ?? '')) throw new Error('no timestamp in milliseconds')
  if (Math.abs(now - Number(at)) > tolerance) throw new Error('the timestamp is too far off')
  const wanted = createHmac('sha256', secret).update(`${at}.`).update(raw).digest('hex')
  const fits = fields.some(([name, value]) => name === 'v1' && same(value, wanted))
  if (!fits) throw new Error('no signature fits')
  return JSON.parse(raw.toString('utf-8'))
}

// timestamp is what is signed.
export const timestamp = (headers) => Number(/t=(\d+)/.exec(headers['tilled-signature'])[1])

function same(a, b) {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
