// Drives a running localcheckout with a client of Bias that was written from its documentation alone.
// It needs nothing but Node.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { Bias } from './bias.mjs'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// It keeps this walk apart from others; the key selects it.
const sandbox = 'bias-node'
const open = (apiKey) => new Bias({ apiKey, baseURL: `${base}/bias` })
const bias = open(`sk_test_sandbox_${sandbox}`)
const sessions = bias.checkout.sessions

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

async function control(method, path) {
  const res = await fetch(`${base}/_control${path}`, { method, headers: { 'X-Sandbox': sandbox } })
  const text = await res.text()
  assert.ok(res.ok, `${method} ${path} = ${res.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

// good returns an object that must not be an error.
async function good(call, object = 'checkout_session') {
  const result = await call
  assert.equal(result.object, object, JSON.stringify(result))
  assert.equal(result[Bias.status], 200)
  return result
}

// refused returns the error of a call that must be refused.
async function refused(call, status, type, want = {}) {
  const result = await call
  assert.equal(result.object, 'error', JSON.stringify(result))
  assert.equal(result[Bias.status], status, JSON.stringify(result))
  for (const [member, value] of Object.entries({ type, ...want })) assert.deepEqual(result.error[member], value, `${member} of ${JSON.stringify(result)}`)
  assert.ok(result.error.message)
  return result.error
}

const ids = (page) => page.items.map((s) => s.id)
const card = (number) => ({
  payment_method: { card: { encrypted_number: number, encrypted_expiry: 'ciphertext', encrypted_cvc: 'ciphertext' } },
})

const price = await step('the catalog has a price', async () => {
  await control('POST', '/reset')
  const { bias } = await control('GET', '/fixtures')
  return bias.prices.find((p) => p.active && p.amount > 0)
})

const params = { line_items: [{ price: price.id, quantity: 2 }], metadata: { order: '7' } }
const key = { idempotencyKey: 'walk-1' }

const first = await step('create', async () => {
  const s = await good(sessions.create(params, key))
  assert.match(s.id, /^cs_[0-9A-Za-z]+$/)
  assert.match(s.client_secret, /^[0-9A-Za-z]{24}$/)
  assert.equal(s.amount, 2 * price.amount)
  assert.equal(s.status, 'requires_confirmation')
  assert.equal(s.payments, null)
  return s
})

await step('the same key again is replayed', async () => {
  assert.deepEqual(await good(sessions.create(params, key)), first)
})

await step('the same key with another body is refused', () =>
  refused(sessions.create({ amount: 1 }, key), 400, 'idempotency_error', { code: null, param: null }))

await step('get, expanded', async () => {
  assert.deepEqual(await good(sessions.get(first.id)), first)
  const s = await good(sessions.get(first.id, { expand: { payments: true, customer: true, line_items: { price: { product: true } } } }))
  assert.deepEqual(s.payments, [])
  assert.equal(s.customer, null)
  assert.equal(s.line_items[0].price.product.object, 'product')
})

const others = await step('list in two pages', async () => {
  const others = []
  for (const mode of ['setup', 'payment', 'setup', 'payment']) {
    others.unshift(await good(sessions.create(mode === 'setup' ? { mode } : { amount: 300, mode })))
  }
  const one = await good(sessions.list({ limit: 3 }), 'list')
  const two = await good(sessions.list({ limit: 3, starting_after: one.items.at(-1).id }), 'list')
  assert.deepEqual([...ids(one), ...ids(two)], [...others, first].map((s) => s.id))
  assert.deepEqual([one.has_more, two.has_more], [true, false])
  return others
})

await step('list backward', async () => {
  const page = await good(sessions.list({ limit: 2, ending_before: first.id }), 'list')
  assert.deepEqual(ids(page), ids({ items: others.slice(2) }))
  assert.equal(page.has_more, true)
})

await step('list by filters', async () => {
  const list = async (filters) => ids(await good(sessions.list({ filters }), 'list'))
  const setups = others.filter((s) => s.mode === 'setup').map((s) => s.id)
  assert.deepEqual(await list({ mode: 'setup' }), setups)
  assert.deepEqual(await list({ or: [{ mode: 'setup' }, { created_at: { lt: first.created_at } }] }), setups)
  assert.deepEqual(await list({ created_at: { gte: first.created_at }, mode: 'setup' }), setups)
  assert.deepEqual(await list({ and: [{ mode: 'payment' }, { status: 'complete' }] }), [])
})

await step('update', async () => {
  const line = first.line_items[0].id
  const details = { email: 'ada@example.com', name: 'Ada' }
  const s = await good(sessions.update(first.id, { line_items: [{ id: line, quantity: 3 }, { price: price.id, quantity: 1 }], customer_details: details }))
  assert.equal(s.amount, 4 * price.amount)
  assert.equal(s.line_items[0].id, line)
  assert.deepEqual(s.customer_details, { ...details, phone: null })
  assert.deepEqual(s.metadata, { order: '7' })
  await refused(sessions.update(first.id, { amount: 5 }), 400, 'invalid_request_error', { param: 'amount' })
})

const browser = open(first.client_secret)
await step('the client secret reads and updates its session', async () => {
  const s = await good(browser.checkout.sessions.get('current'))
  assert.equal(s.id, first.id)
  assert.deepEqual(s.payments, [])
  const next = await good(browser.checkout.sessions.update('current', { customer_details: { phone: '1' } }))
  assert.deepEqual(next.customer_details, { email: 'ada@example.com', name: 'Ada', phone: '1' })
  await refused(browser.checkout.sessions.list(), 401, 'authentication_error')
})

await step('a payment is declined', async () => {
  const err = await refused(browser.payments.create(card('decline_insufficient_funds')), 402, 'payment_error', { code: null, decline_code: 'insufficient_funds' })
  assert.equal(err.payment.status, 'failed')
  assert.equal((await good(sessions.get(first.id))).status, 'requires_confirmation')
})

await step('a payment succeeds', async () => {
  const p = await good(browser.payments.create(card('ciphertext')), 'payment')
  assert.equal(p.status, 'succeeded')
  assert.equal(p.amount_received, 4 * price.amount)
})

await step('the session is complete and has a customer', async () => {
  const s = await good(sessions.get(first.id, { expand: { customer: true, payments: true } }))
  assert.equal(s.status, 'complete')
  assert.equal(s.amount_collected, 4 * price.amount)
  assert.deepEqual([s.customer.email, s.customer.name, s.customer.phone], ['ada@example.com', 'Ada', '1'])
  assert.deepEqual(s.payments.map((p) => p.status), ['failed', 'succeeded'])
})

await step('a complete session takes metadata only', async () => {
  const s = await good(sessions.update(first.id, { metadata: { shipped: 'yes' } }))
  assert.deepEqual(s.metadata, { order: '7', shipped: 'yes' })
  await refused(sessions.update(first.id, { customer_details: { name: 'Eve' } }), 400, 'invalid_request_error', { param: 'customer_details' })
})

await step('a complete session cannot be expired', () => refused(sessions.expire(first.id), 400, 'invalid_request_error'))

await step('expire another', async () => {
  const s = await good(sessions.expire(others[0].id))
  assert.equal(s.status, 'expired')
  await refused(open(s.client_secret).payments.create(card('ciphertext')), 400, 'invalid_request_error')
})

await step('an unknown session', () => refused(sessions.get('cs_unknown'), 404, 'invalid_request_error', { param: null }))

await step('bad parameters are all named', async () => {
  const err = await refused(sessions.create({ line_items: [{ price: 'price_unknown', quantity: 0 }], color: 'red' }), 400, 'invalid_request_error', {
    param: 'line_items[0].quantity',
  })
  assert.deepEqual(err.issues.map((i) => i.path), [['line_items', 0, 'quantity'], ['color']])
  await refused(sessions.create({ line_items: [{ price: 'price_unknown' }] }), 400, 'invalid_request_error', { param: 'line_items[0].price' })
  await refused(sessions.create({ amount: 5, line_items: [{ price: price.id }] }), 400, 'invalid_request_error', { param: 'amount' })
})

await step('keys that are not good', async () => {
  for (const key of ['', 'sk_live_walk', 'pk_test_walk', 'uEyLI6rmFylTwIBik5cpn8ge']) {
    await refused(open(key).checkout.sessions.list(), 401, 'authentication_error', { live: null })
  }
})

const [buyer, sold] = await step('a customer, a product and its price', async () => {
  const customer = await good(bias.customers.create({ name: 'Grace', email: 'grace@example.com' }), 'customer')
  const product = await good(bias.products.create({ name: 'Compiler' }), 'product')
  const price = await good(bias.prices.create({ product: product.id, amount: 1200 }), 'price')
  assert.equal(price.product, product.id)
  assert.deepEqual(await good(bias.customers.get(customer.id), 'customer'), customer)
  assert.deepEqual((await good(bias.customers.list({ filters: { email: 'grace@example.com' } }), 'list')).items, [customer])
  return [customer, price]
})

const [sale, payment] = await step('a session of them is paid', async () => {
  const made = await good(sessions.create({ customer: buyer.id, line_items: [{ price: sold.id, quantity: 2 }] }))
  const payment = await good(open(made.client_secret).payments.create(card('ciphertext')), 'payment')
  const s = await good(sessions.get(made.id))
  assert.deepEqual([s.status, s.amount_collected, s.customer], ['complete', 2400, buyer.id])
  return [s, payment]
})

await step('the payment is read back', async () => {
  assert.deepEqual(await good(bias.payments.get(payment.id), 'payment'), payment)
  const p = await good(bias.payments.get(payment.id, { expand: { customer: true, session: { customer: true } } }), 'payment')
  assert.deepEqual([p.customer, p.session.customer], [buyer, buyer])
  assert.deepEqual((await good(bias.payments.list({ filters: { session: sale.id } }), 'list')).items, [payment])
})

await step('a part is refunded, then the rest', async () => {
  const part = await good(bias.refunds.create({ payment: payment.id, amount: 400 }), 'refund')
  assert.deepEqual([part.amount, part.payment, part.status], [400, payment.id, 'succeeded'])
  await refused(bias.refunds.create({ payment: payment.id, amount: 2001 }), 400, 'invalid_request_error', { param: 'amount' })
  const rest = await good(bias.refunds.create({ payment: payment.id }), 'refund')
  assert.equal(rest.amount, 2000)
  assert.equal((await good(bias.refunds.get(rest.id, { expand: { payment: true } }), 'refund')).payment.amount_refunded, 2400)
})

await step('more than is left is not refunded', async () => {
  await refused(bias.refunds.create({ payment: payment.id, amount: 1 }), 400, 'invalid_request_error', { param: 'payment' })
  assert.equal((await good(bias.refunds.list({ filters: { payment: payment.id } }), 'list')).items.length, 2)
})
