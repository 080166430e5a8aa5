// Drives a running localcheckout with a client of LeanRails that was written from its documentation
// alone. It needs nothing but Node.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { LeanRails, LeanRailsError } from './leanrails.mjs'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// It keeps this walk apart from others; the secret key selects it.
const sandbox = 'leanrails-node'
const apiVersion = '2026-03-09'
const open = (key, version = apiVersion) => new LeanRails(key, { baseUrl: `${base}/leanrails`, apiVersion: version }).checkoutSessions
const sessions = open(`sk_test_sandbox_${sandbox}`)

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
  const type = status === 401 ? 'authentication_error' : 'invalid_request_error'
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
