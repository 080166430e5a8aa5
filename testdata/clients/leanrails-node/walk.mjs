// Drives a running localcheckout with a client of LeanRails that was written from its documentation
// alone. It needs nothing but Node.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { LeanRails, LeanRailsError } from './leanrails.mjs'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// It keeps this walk apart from others; the secret key selects it.
const sandbox = 'leanrails-node'
const apiVersion = '2026-03-09'
const account = (key, version = apiVersion) => new LeanRails(key, { baseUrl: `${base}/leanrails`, apiVersion: version })
const open = (...of) => account(...of).checkoutSessions
const lean = account(`sk_test_sandbox_${sandbox}`)
const sessions = lean.checkoutSessions

async function step(name, run) {
  try {
    const result = await run()
    console.log(`ok ${name}`)
    return result
  } catch (err) {
    console.error(`FAILED ${name}: ${err?.stack ?? err}`)
    process.exit(1)
  }
}

async function control(method, path, body) {
  const res = await fetch(`${base}/_control${path}`, {
    method,
    headers: { 'X-Sandbox': sandbox, 'Content-Type': 'application/json' },
    body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
  })
  const text = await res.text()
  assert.ok(res.ok, `${method} ${path} = ${res.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

// refused returns the error of a call that must be refused.
async function refused(call, status, code, param) {
  const err = await call.then(
    (answer) => assert.fail(`expected ${status} ${code}, got ${JSON.stringify(answer)}`),
    (err) => err,
  )
  assert.ok(err instanceof LeanRailsError, `no answer of the service: ${err?.stack}`)
  const type = { 401: 'authentication_error', 402: 'payment_error' }[status] ?? 'invalid_request_error'
  const docUrl = `https://docs.leanrails.com/errors/${code}`
  assert.deepEqual({ status: err.status, type: err.type, code: err.code, param: err.param, docUrl: err.docUrl }, { status, type, code, param, docUrl }, err.message)
  assert.ok(err.message)
  return err
}

const ids = (page) => page.data.map((s) => s.id)
const replayed = (answer) => answer[LeanRails.headers].get('Idempotent-Replayed')

const price = await step('the catalog has a price', async () => {
  await control('POST', '/reset')
  const { leanrails } = await control('GET', '/fixtures')
  const price = leanrails.prices.find((p) => p.active && p.type === 'one_time' && p.currency === 'usd' && p.unit_amount > 0)
  assert.match(price.id, /^price_/)
  return price
})
const params = (more = {}) => ({
  mode: 'payment',
  line_items: [{ price: price.id, quantity: 2 }],
  success_url: 'https://example.com/done?session_id={CHECKOUT_SESSION_ID}',
  ...more,
})

const order = params({ metadata: { order: '1', tags: ['a', 'b'] }, client_reference_id: 'cart-1', customer_email: 'grace@example.com' })
const first = await step('create', async () => {
  const s = await sessions.create(order, { idempotencyKey: 'order-1' })
  assert.equal(replayed(s), null)
  const { id, url, payment_intent, created, expires_at, ...rest } = s
  assert.match(id, /^cs_[0-9a-z]{16}$/)
  assert.match(payment_intent, /^pi_[0-9a-z]{16}$/)
  assert.ok(new URL(url).pathname.endsWith(`/${id}`))
  assert.equal(expires_at - created, 24 * 60 * 60)
  assert.deepEqual(rest, {
    object: 'checkout.session',
    mode: 'payment',
    status: 'open',
    payment_status: 'unpaid',
    ui_mode: 'hosted',
    customer_creation: 'if_required',
    billing_address_collection: 'auto',
    metadata: order.metadata,
    livemode: false,
    client_secret: null,
    success_url: order.success_url,
    cancel_url: null,
    customer: null,
    customer_email: 'grace@example.com',
    customer_details: null,
    currency: 'usd',
    amount_subtotal: 2 * price.unit_amount,
    amount_total: 2 * price.unit_amount,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    client_reference_id: 'cart-1',
  })
  return s
})
await step('the same key again is replayed', async () => {
  const again = await sessions.create(order, { idempotencyKey: 'order-1' })
  assert.deepEqual(again, first)
  assert.equal(replayed(again), 'true')
})
await step('the same key with another body is refused', () =>
  refused(sessions.create(params(), { idempotencyKey: 'order-1' }), 422, 'idempotency_key_reused', 'Idempotency-Key'))
await step('retrieve answers what create answered', async () => assert.deepEqual(await sessions.retrieve(first.id), first))

const second = await step('create with a price of one’s own', async () => {
  const [{ product }] = (await control('GET', '/fixtures')).leanrails.prices
  const s = await sessions.create(params({ customer_creation: 'always', line_items: [{ price_data: { currency: 'eur', product, unit_amount: 750 } }] }))
  assert.equal(s.amount_total, 750)
  assert.equal(s.currency, 'eur')
  return s
})
const third = await step('an embedded session has a secret and no page', async () => {
  const s = await sessions.create(params({ ui_mode: 'embedded', success_url: undefined }))
  assert.equal(s.url, null)
  assert.match(s.client_secret, new RegExp(`^${s.id}_secret_[0-9a-z]{24}$`))
  return s
})
const fourth = await step('a custom session, too', async () => {
  const s = await sessions.create(params({ ui_mode: 'custom' }))
  assert.equal(s.url, null)
  assert.ok(s.client_secret.startsWith(`${s.id}_secret_`))
  return s
})

await step('list in two pages by next_cursor', async () => {
  const one = await sessions.list({ limit: 3 })
  assert.deepEqual({ ...one, data: ids(one) }, {
    object: 'list', data: [fourth.id, third.id, second.id], has_more: true, url: '/v1/checkout_sessions', next_cursor: second.id,
  })
  const two = await sessions.list({ limit: 3, starting_after: one.next_cursor })
  assert.deepEqual({ ...two, data: ids(two) }, { object: 'list', data: [first.id], has_more: false, url: '/v1/checkout_sessions', next_cursor: null })
})
await step('list backward by ending_before', async () => {
  const one = await sessions.list({ limit: 2, ending_before: first.id })
  assert.deepEqual([ids(one), one.has_more], [[third.id, second.id], true])
  const two = await sessions.list({ limit: 2, ending_before: third.id })
  assert.deepEqual([ids(two), two.has_more, two.next_cursor], [[fourth.id], false, null])
})
await step('every page one after the other', async () => {
  const all = []
  for await (const s of sessions.all({ limit: 1 })) all.push(s.id)
  assert.deepEqual(all, [fourth.id, third.id, second.id, first.id])
})
await step('line items', async () => {
  const page = await sessions.listLineItems(first.id)
  assert.equal(page.url, `/v1/checkout_sessions/${first.id}/line_items`)
  const [{ id, description, ...item }] = page.data
  assert.match(id, /^csli_[0-9a-z]{16}$/)
  assert.equal(typeof description, 'string')
  const amount = 2 * price.unit_amount
  assert.deepEqual(item, { object: 'item', price: price.id, quantity: 2, amount_subtotal: amount, amount_total: amount, currency: 'usd' })
})

await step('a session paid by control is complete', async () => {
  await control('POST', `/sessions/${second.id}/pay`)
  const { status, payment_status, customer, customer_details } = await sessions.retrieve(second.id)
  assert.deepEqual([status, payment_status], ['complete', 'paid'])
  assert.match(customer, /^cus_[0-9a-z]{16}$/)
  assert.match(customer_details.email, /@/)
})
await step('a declined session stays open', async () => {
  await control('POST', `/sessions/${third.id}/decline`, { code: 'insufficient_funds' })
  assert.deepEqual(await sessions.retrieve(third.id), third)
})
await step('expire', async () => {
  const expired = await sessions.expire(first.id, { idempotencyKey: 'expire-1' })
  assert.deepEqual(expired, { ...first, status: 'expired' })
  const again = await sessions.expire(first.id, { idempotencyKey: 'expire-1' })
  assert.deepEqual(again, expired)
  assert.equal(replayed(again), 'true')
})
await step('expire again is refused', async () => {
  const err = await refused(sessions.expire(first.id), 400, 'checkout_session_not_open', null)
  assert.match(err.message, /expired/)
})
await step('a complete session cannot be expired', () => refused(sessions.expire(second.id), 400, 'checkout_session_not_open', null))
await step('list by status', async () => {
  for (const [status, want] of Object.entries({ open: [fourth.id, third.id], complete: [second.id], expired: [first.id] }))
    assert.deepEqual(ids(await sessions.list({ status })), want)
})
await step('a session expires by the clock', async () => {
  const { now } = await control('POST', '/clock/freeze')
  const inHalfAnHour = Math.floor(Date.parse(now) / 1000) + 1800
  const s = await sessions.create(params({ expires_at: inHalfAnHour }))
  assert.deepEqual([s.status, s.expires_at], ['open', inHalfAnHour])
  await control('POST', '/clock/advance', { by: '30m' })
  assert.equal((await sessions.retrieve(s.id)).status, 'expired')
})

await step('an unknown session', async () => {
  const err = await refused(sessions.retrieve('cs_none'), 404, 'resource_missing', 'id')
  assert.equal(err.message, "No CheckoutSession found with ID 'cs_none'.")
  await refused(sessions.list({ starting_after: 'cs_none' }), 404, 'resource_missing', 'starting_after')
  await refused(sessions.list({ starting_after: 'none' }), 400, 'parameter_invalid', 'starting_after')
})
for (const [what, more, code, param] of [
  ['an unknown mode', { mode: 'subscription' }, 'parameter_invalid', 'mode'],
  ['no line items', { line_items: undefined }, 'parameter_missing', 'line_items'],
  ['an unknown price', { line_items: [{ price: price.id }, { price: 'price_none' }] }, 'resource_missing', 'line_items[1].price'],
  ['a price and price data', { line_items: [{ price: price.id, price_data: { currency: 'usd', product: 'prod_1', unit_amount: 1 } }] }, 'parameter_invalid', 'line_items[0]'],
  ['no success_url', { success_url: undefined }, 'parameter_missing', 'success_url'],
  ['a deadline that is past', { expires_at: 1 }, 'parameter_invalid', 'expires_at'],
  ['an unknown parameter', { discounts: [] }, 'parameter_invalid', 'discounts'],
]) {
  await step(`create with ${what} is refused`, () => refused(sessions.create(params(more)), 400, code, param))
}
await step('several bad parameters are all told', async () => {
  const err = await refused(sessions.create({ mode: 'setup', line_items: [], ui_mode: 'popup' }), 400, 'parameter_invalid', 'mode')
  for (const field of ['mode', 'line_items', 'ui_mode']) assert.ok(err.message.includes(`\`${field}\``), err.message)
})
await step('a POST without a key is refused', () =>
  refused(sessions.create(params(), { idempotencyKey: null }), 400, 'parameter_missing', 'Idempotency-Key'))
await step('keys that are not good', async () => {
  for (const key of ['', `pk_test_sandbox_${sandbox}`, 'nonsense']) {
    const err = await refused(open(key).retrieve(first.id), 401, 'authentication_failed', null)
    assert.equal(err.message, 'Invalid API key provided.')
  }
  assert.match((await refused(open('sk_live_1').list(), 401, 'authentication_failed', null)).message, /live/)
})
await step('an answer tells its version and the rate limit', async () => {
  const { [LeanRails.headers]: headers } = await sessions.list({ limit: 1 })
  assert.equal(headers.get('X-API-Version'), apiVersion)
  assert.ok(Number(headers.get('X-RateLimit-Limit')) > Number(headers.get('X-RateLimit-Remaining')))
  await refused(open(`sk_test_sandbox_${sandbox}`, 'latest').list(), 400, 'parameter_invalid', 'X-API-Version')
})

// The application's own end: it keeps what is sent, once the signature is that of docs.leanrails.com, webhooks.
const received = []
let secret
const receiver = createServer(async (req, res) => {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const [, stamp, signature] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(req.headers['x-signature'])
  const good = createHmac('sha256', secret).update(`v1=${stamp}.${body}`).digest('hex') === signature
  if (good) received.push(JSON.parse(body))
  res.writeHead(good ? 204 : 400).end()
})
await new Promise((done) => receiver.listen(0, '127.0.0.1', done))
receiver.unref()

const { customer, sold } = await step('a customer, a product and a price of it', async () => {
  const endpoint = await lean.request('POST', '/v1/webhook_endpoints', { body: { url: `http://127.0.0.1:${receiver.address().port}/`, enabled_events: ['*'] } })
  secret = endpoint.secret
  const customer = await lean.customers.create({ email: 'ada@example.com', name: 'Ada', metadata: { user: '501' } })
  assert.match(customer.id, /^cus_[0-9a-z]{16}$/)
  assert.deepEqual(await lean.customers.update(customer.id, { phone: '+1555' }), { ...customer, phone: '+1555' })
  const product = await lean.products.create({ name: 'Mug' })
  const sold = await lean.prices.create({ product: product.id, currency: 'usd', unit_amount: 1500 })
  assert.deepEqual((await lean.prices.retrieve(sold.id, { 'expand[]': 'product' })).product, product)
  return { customer, sold }
})
const session = await step('a session of them, paid', async () => {
  const s = await sessions.create(params({ customer: customer.id, line_items: [{ price: sold.id, quantity: 2 }] }))
  assert.deepEqual([s.amount_total, s.customer], [3000, customer.id])
  await control('POST', `/sessions/${s.id}/pay`, { instrument: 'pm_card_visa' })
  return sessions.retrieve(s.id)
})
const charge = await step('its payment intent and charge are read back', async () => {
  assert.equal(session.status, 'complete')
  const intent = await lean.paymentIntents.retrieve(session.payment_intent)
  assert.deepEqual([intent.status, intent.amount_received, intent.customer], ['succeeded', 3000, customer.id])
  const { data } = await lean.charges.list({ payment_intent: intent.id })
  assert.deepEqual(data, intent.charges.data)
  assert.deepEqual(await lean.charges.retrieve(data[0].id), data[0])
  await control('POST', '/clock/advance', { by: '0s' }) // what is to be sent is sent
  assert.deepEqual(received.map((e) => [e.type, e.data.object]), [['payment_intent.succeeded', intent], ['checkout.session.completed', session]])
  return data[0]
})
await step('refunded in part, then whole, and not once more', async () => {
  const payment_intent = session.payment_intent
  const part = await lean.refunds.create({ payment_intent, amount: 1000, reason: 'torn' }, { idempotencyKey: 'refund-1' })
  assert.deepEqual([part.amount, part.status, part.charge], [1000, 'succeeded', charge.id])
  assert.deepEqual(await lean.refunds.create({ payment_intent, amount: 1000, reason: 'torn' }, { idempotencyKey: 'refund-1' }), part)
  await refused(lean.refunds.create({ payment_intent, amount: 2001 }), 400, 'parameter_invalid', 'amount')
  assert.equal((await lean.refunds.create({ payment_intent })).amount, 2000)
  await refused(lean.refunds.create({ payment_intent }), 400, 'parameter_invalid', 'payment_intent')
  assert.equal((await lean.refunds.list({ payment_intent })).data.length, 2)
  await control('POST', '/clock/advance', { by: '0s' })
  assert.deepEqual(received.slice(2).map((e) => [e.type, e.data.object.amount_refunded]), [['charge.refunded', 1000], ['charge.refunded', 3000]])
  assert.deepEqual(received.at(-1).data.object, await lean.charges.retrieve(charge.id))
})
await step('a payment intent by itself: declined, then held, captured in part', async () => {
  const { id } = await lean.paymentIntents.create({ amount: 900, currency: 'usd', capture_method: 'manual' })
  const err = await refused(lean.paymentIntents.confirm(id, { payment_method: 'pm_card_expired' }), 402, 'card_declined', null)
  assert.equal(err.declineCode, 'expired_card')
  assert.equal((await lean.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).status, 'requires_capture')
  assert.equal((await lean.paymentIntents.capture(id, { amount_to_capture: 400 })).amount_received, 400)
  await refused(lean.paymentIntents.cancel(id), 400, 'payment_intent_unexpected_state', null)
})
await step('a checkout link makes a session', async () => {
  const made = await lean.checkoutLinks.create({ title: 'Mug', line_items: [{ price: sold.id }] })
  const page = await fetch(made.url)
  assert.equal(page.status, 200)
  assert.equal((await sessions.retrieve(new URL(page.url).pathname.split('/').at(-1))).amount_total, 1500)
})
await step('a deleted customer stays in what names it', async () => {
  const left = { id: customer.id, object: 'customer', deleted: true }
  assert.deepEqual(await lean.customers.del(customer.id), left)
  assert.deepEqual(await lean.customers.retrieve(customer.id), left)
  assert.equal((await sessions.retrieve(session.id)).customer, customer.id)
  await refused(sessions.create(params({ customer: customer.id })), 400, 'resource_missing', 'customer')
})
receiver.close()
