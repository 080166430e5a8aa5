// Drives a running localcheckout with the published tilled-node package, unmodified.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { CheckoutSessionsApi, Configuration } from 'tilled-node'
import { journey } from './journey.mjs'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// A sandbox of its own, so that runs do not see each other's sessions.
const sandbox = `tilled-node-${process.pid}-${Date.now().toString(36)}`
const apiKey = 'sk_test_walk'
const sessionID = /^cs_[0-9A-Za-z]{21}$/
const intentID = /^pi_[0-9A-Za-z]{21}$/
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const api = new CheckoutSessionsApi(
  new Configuration({ apiKey, basePath: `${base}/tilled`, baseOptions: { headers: { 'X-Sandbox': sandbox } } }),
)

async function step(name, run) {
  try {
    const result = await run()
    console.log(`ok ${name}`)
    return result
  } catch (err) {
    const answer = err?.response ? `\nanswer: ${err.response.status} ${JSON.stringify(err.response.data)}` : ''
    console.error(`FAILED ${name}: ${err?.stack ?? err}${answer}`)
    process.exit(1)
  }
}

// raw sends what the package cannot: other query forms, missing headers.
async function raw(method, path, { headers = {}, body } = {}) {
  const res = await fetch(base + path, {
    method,
    headers: { 'X-Sandbox': sandbox, ...(body && { 'Content-Type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  })
  const text = await res.text()
  return { status: res.status, headers: res.headers, data: text === '' ? undefined : JSON.parse(text) }
}

// refused returns the answer of a call that the package must reject.
async function refused(call) {
  const err = await call.then(
    (res) => assert.fail(`expected a refusal, got ${res.status} ${JSON.stringify(res.data)}`),
    (err) => err,
  )
  assert.ok(err.response, `no answer at all: ${err.message}`)
  return err.response
}

const item = (name, unit_amount, quantity, more = {}) => ({
  price_data: { currency: 'usd', product_data: { name, ...more }, unit_amount },
  quantity,
})
const params = (more = {}) => ({
  line_items: [item('Sourdough', 900, 1)],
  payment_intent_data: { payment_method_types: ['card'] },
  ...more,
})

const { account, customer } = await step('catalog names an account and a customer', async () => {
  const { status, data } = await raw('GET', '/_control/fixtures')
  assert.equal(status, 200)
  const customer = data.tilled.customers.find((c) => c.email)
  assert.match(customer.id, /^cus_[0-9A-Za-z]{21}$/)
  assert.ok(data.tilled.accounts.some((a) => a.id === customer.account_id))
  return { account: customer.account_id, customer }
})
const auth = { 'tilled-account': account, 'tilled-api-key': apiKey }
const create = (more) => api.createCheckoutSession({ tilled_account: account, CheckoutSessionCreateParams: params(more) })
const list = (more = {}) => api.listCheckoutSessions({ tilled_account: account, ...more })
const ids = (res) => res.data.items.map((s) => s.id)

const first = await step('create', async () => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString()
  const sent = {
    line_items: [
      item('Flour by weight', 333, 1.5, { description: 'per kilogram', images: ['https://example.com/flour.png'] }),
      item('Sourdough', 900, 2),
    ],
    payment_intent_data: { payment_method_types: ['card', 'ach_debit'], metadata: { ledger: 'b' }, platform_fee_amount: 50 },
    customer_email: 'buyer@example.com',
    expires_at,
    success_url: 'https://example.com/done',
    cancel_url: 'https://example.com/back',
    metadata: { order_id: '1', channel: 'walk' },
  }
  const res = await create(sent)
  assert.equal(res.status, 201)
  assert.ok(res.headers['request-id'], 'no request-id header')
  const { id, payment_intent_id, url, created_at, updated_at, ...rest } = res.data
  assert.match(id, sessionID)
  assert.match(payment_intent_id, intentID)
  assert.ok(new URL(url).pathname.length > 1)
  assert.match(created_at, stamp)
  assert.equal(updated_at, created_at)
  assert.deepEqual(rest, {
    account_id: account,
    amount_total: 2300, // 333 × 1.5 + 900 × 2 = 2299.5, rounded once, half away from zero
    cancel_url: sent.cancel_url,
    currency: 'usd',
    customer_details: { email: 'buyer@example.com' },
    customer_id: null,
    expires_at,
    line_items: sent.line_items,
    metadata: sent.metadata,
    payment_method_types: ['card', 'ach_debit'],
    status: 'open',
    success_url: sent.success_url,
  })
  return res.data
})

await step('get answers what create answered', async () => {
  const res = await api.getCheckoutSession({ tilled_account: account, id: first.id })
  assert.equal(res.status, 200)
  assert.deepEqual(res.data, first)
})

const second = await step('create with a customer and explicit nulls', async () => {
  const { data } = await create({ customer_id: customer.id, metadata: { order_id: '2' } })
  assert.equal(data.customer_id, customer.id)
  assert.deepEqual(data.customer_details, { email: customer.email })
  for (const key of ['cancel_url', 'expires_at', 'success_url']) assert.equal(data[key], null, key)
  return data
})
const third = await step('create with nothing optional', async () => {
  const { data } = await create()
  for (const key of ['cancel_url', 'customer_details', 'customer_id', 'expires_at', 'metadata', 'success_url'])
    assert.equal(data[key], null, key)
  return data
})

await step('list, newest first, with defaults', async () => {
  const { status, data } = await list()
  assert.equal(status, 200)
  assert.deepEqual(data, { has_more: false, items: [third, second, first], limit: 30, offset: 0, total: 3 })
})
await step('list in two pages', async () => {
  const one = await list({ offset: 0, limit: 2 })
  assert.deepEqual({ ...one.data, items: ids(one) }, { has_more: true, items: [third.id, second.id], limit: 2, offset: 0, total: 3 })
  const two = await list({ offset: 2, limit: 2 })
  assert.deepEqual({ ...two.data, items: ids(two) }, { has_more: false, items: [first.id], limit: 2, offset: 2, total: 3 })
})
await step('list clamps limit to 100', async () => assert.equal((await list({ limit: 1000 })).data.limit, 100))
await step('list refuses limit 0 and offset -1 in one answer', async () => {
  const { status, data } = await refused(list({ limit: 0, offset: -1 }))
  assert.equal(status, 400)
  assert.equal(data.message.length, 2)
  assert.ok(data.message.some((m) => m.includes('limit')) && data.message.some((m) => m.includes('offset')), String(data.message))
})
await step('list by payment_intent_id', async () =>
  assert.deepEqual(ids(await list({ payment_intent_id: first.payment_intent_id })), [first.id]))
await step('list by customer_id', async () => assert.deepEqual(ids(await list({ customer_id: customer.id })), [second.id]))
for (const [form, query] of [
  ['brackets', 'metadata[order_id]=1&metadata[channel]=walk'],
  ['encoded brackets', 'metadata%5Border_id%5D=1'],
  ['a dot', 'metadata.order_id=1'],
]) {
  await step(`list by metadata with ${form}`, async () => {
    const res = await raw('GET', `/tilled/v1/checkout-sessions?${query}`, { headers: auth })
    assert.equal(res.status, 200)
    assert.deepEqual(ids(res), [first.id])
    assert.equal(res.data.total, 1)
  })
}
await step('list by metadata that matches nothing', async () => {
  const res = await raw('GET', '/tilled/v1/checkout-sessions?metadata[order_id]=1&metadata[channel]=other', { headers: auth })
  assert.deepEqual(res.data, { has_more: false, items: [], limit: 30, offset: 0, total: 0 })
})
await step('list by metadata as the package sends it is not a filter', async () => {
  // tilled-node 1.0.13 loses the name of the parameter and sends order_id=1.
  const res = await list({ metadata: { order_id: '1' } })
  assert.equal(res.request.path.split('?')[1], 'order_id=1')
  assert.equal(res.data.total, 3)
})

const expired = await step('expire', async () => {
  const res = await api.expireCheckoutSession({ tilled_account: account, id: first.id })
  assert.equal(res.status, 201)
  assert.deepEqual(res.data, { ...first, status: 'expired', updated_at: res.data.updated_at })
  assert.ok(res.data.updated_at >= first.updated_at)
  return res.data
})
await step('expire again is refused with a body the caller can read', async () => {
  const { status, data } = await refused(api.expireCheckoutSession({ tilled_account: account, id: first.id }))
  assert.equal(status, 400)
  assert.equal(data.statusCode, 400)
  assert.equal(data.error, 'Bad Request')
  assert.equal(typeof data.message, 'string')
  assert.match(data.message, /expired/)
})
await step('the refusal changed nothing', async () =>
  assert.deepEqual((await api.getCheckoutSession({ tilled_account: account, id: first.id })).data, expired))

await step('create with two faults names both', async () => {
  const { status, data } = await refused(
    create({ line_items: [item('Sourdough', 0, 1)], payment_intent_data: { payment_method_types: ['cash'] } }),
  )
  assert.equal(status, 400)
  assert.equal(data.statusCode, 400)
  assert.equal(data.error, 'Bad Request')
  assert.equal(data.message.length, 2, JSON.stringify(data.message))
  assert.ok(data.message.includes('line_items.0.price_data.unit_amount must not be less than 1'), String(data.message))
  assert.ok(data.message.some((m) => m.includes('payment_method_types')), String(data.message))
  assert.equal((await list()).data.total, 3)
})

const paid = await step('a session paid by control is complete', async () => {
  const res = await raw('POST', `/_control/sessions/${third.id}/pay`, { body: {} })
  assert.equal(res.status, 200, JSON.stringify(res.data))
  const { data } = await api.getCheckoutSession({ tilled_account: account, id: third.id })
  assert.equal(data.status, 'complete')
  assert.match(data.customer_id, /^cus_[0-9A-Za-z]{21}$/)
  return data
})
await step('a complete session cannot be expired', async () => {
  const { status, data } = await refused(api.expireCheckoutSession({ tilled_account: account, id: paid.id }))
  assert.equal(status, 400)
  assert.match(data.message, /complete/)
})

await step('an unknown id', async () => {
  const { status, data } = await refused(api.getCheckoutSession({ tilled_account: account, id: 'cs_000000000000000000000' }))
  assert.equal(status, 404)
  assert.equal(data.statusCode, 404)
  assert.equal(data.error, 'Not Found')
})
await step("another account's session is unknown", async () => {
  const { status } = await refused(api.getCheckoutSession({ tilled_account: 'acct_000000000000000000000', id: first.id }))
  assert.equal(status, 404)
})
await step('no account header, before the credential is looked at', async () => {
  const res = await raw('GET', '/tilled/v1/checkout-sessions')
  assert.equal(res.status, 400)
  assert.deepEqual(res.data, { statusCode: 400, message: "'tilled-account' header required." })
})
await step('no credential', async () => {
  const res = await raw('GET', '/tilled/v1/checkout-sessions', { headers: { 'tilled-account': account } })
  assert.equal(res.status, 401)
  assert.equal(res.data.statusCode, 401)
})
await step('a bearer token alone', async () => {
  const res = await raw('GET', '/tilled/v1/checkout-sessions', {
    headers: { 'tilled-account': account, Authorization: 'Bearer sk_test_walk' },
  })
  assert.equal(res.status, 200)
  assert.equal(res.data.total, 3)
})

await journey({ base, step, refused })
