// The receiver's side of LeanRails' webhooks, written from its documentation alone: the header X-Signature has
// the time in seconds and the signature, "t=…,v1=…"; that is the HMAC-SHA256 of the text "v1=", the time, a dot
// and the raw body, in lower-case hex; the key is the whole secret. Times more than five minutes off are refused.

import { createHmac, timingSafeEqual } from 'node:crypto'

const tolerance = 5 * 60 // seconds

// verify returns the event, or throws what is wrong with the message. Later generations of the service call the
// header Fluveo-Signature.
export function verify(raw, headers, secret, now = Date.now(), header = 'x-signature') {
  const [, at, signature] = /^t=(\d{10}),v1=([0-9a-f]{64})$/.exec(headers[header] ?? '') ?? []
  if (!at) throw new Error(`${header} is not t=…,v1=…`)
  if (Math.abs(now / 1000 - Number(at)) > tolerance) throw new Error('the timestamp is too far off')
  const wanted = createHmac('sha256', secret).update(Buffer.concat([Buffer.from(`v1=${at}.`), raw])).digest()
  if (!timingSafeEqual(wanted, Buffer.from(signature, 'hex'))) throw new Error('no signature fits')
  return JSON.parse(raw.toString('utf-8'))
}

// timestamp is what is signed.
export const timestamp = (headers) => Number(/t=(\d+)/.exec(headers['x-signature'])[1])
