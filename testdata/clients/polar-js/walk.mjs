// Walks one version of npm @polar-sh/sdk, unmodified, against a running localcheckout.
//
//   LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs 0.49.0 [folder holding node_modules]
//
// The folder is ./<version> unless given. Every step prints "ok <step>"; the first that fails prints
// why and ends the process with 1. Against a server started with --polar-profile 2025-02 set
// LOCALCHECKOUT_POLAR_PROFILE to the same. The steps speak the wire's words (snake_case); sdk0.mjs and
// sdk1.mjs say them in the words of their generation of the SDK.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { answersTo, Control, discounted, pickCatalog } from './control.mjs'
import { resources } from './resources.mjs'
import { open as open0 } from './sdk0.mjs'
import { open as open1 } from './sdk1.mjs'

// What each version can do. products: create takes products[] (else product_id). maps: the keys of
// custom_field_data and payment_processor_metadata, and a customer's metadata, get through (0.21 drops them). amounts: the
// answer has discount_amount and net_amount. tax: a customer's tax_id is sent as text. deletes: products can be. The rest names the class thrown for an error;
// SDKError is what the 0.x clients throw for a status they do not declare.
const versions = {
  '0.21.0': { open: open0, notOpen: 'SDKError', expired: 'SDKError', declined: 'SDKError' },
  '0.29.2': { open: open0, products: true, maps: true, notOpen: 'NotOpenCheckout', expired: 'SDKError', declined: 'PaymentError' },
  '0.40.3': { open: open0, products: true, maps: true, amounts: true, notOpen: 'NotOpenCheckout', expired: 'ExpiredCheckoutError', declined: 'PaymentError' },
  '0.49.0': { open: open0, products: true, maps: true, amounts: true, tax: true, notOpen: 'NotOpenCheckout', expired: 'ExpiredCheckoutError', declined: 'PaymentError' },
  '1.0.1': { open: open1, products: true, maps: true, amounts: true, tax: true, deletes: true, notOpen: 'CheckoutsUpdate403Error', expired: 'ExpiredCheckoutError', declined: 'PaymentError' },
}

// What the profile of the server changes: how long a session lives, in ms, and what the client side
// answers once that has passed.
const profiles = {
  '2025-02': {
    lifetime: 30 * 60e3,
    gone: () => ({ class: 'ResourceNotFound', status: 404, error: 'ResourceNotFound', detail: 'Not found' }),
  },
  current: {
    lifetime: 24 * 3600e3,
    gone: (traits) => ({ class: traits.expired, status: 410, error: 'ExpiredCheckoutError', detail: 'This checkout session has expired.' }),
  },
}
const profile = profiles[process.env.LOCALCHECKOUT_POLAR_PROFILE || 'current']

const buyer = {
  customer_email: 'ada@example.com',
  customer_name: 'Ada Lovelace',
  customer_billing_address: { country: 'FR' },
}
const metadata = { order_ref: 'A-1001', items: 3, gift: true }
const unknownID = '00000000-0000-4000-8000-000000000000'

let step = 'start'

async function walk(version, folder) {
  const traits = versions[version]
  assert.ok(traits, `no walk for version ${version}; known: ${Object.keys(versions).join(' ')}`)
  const base = process.env.LOCALCHECKOUT_URL
  assert.ok(base, 'LOCALCHECKOUT_URL is not set')
  const name = `polar-js-${version.replaceAll('.', '-')}`
  const control = new Control(base, name)
  await control.post('/reset')
  const sdk = traits.open(createRequire(path.join(folder, 'package.json')), `${base}/polar`, `polar_oat_sandbox_${name}`)
  const catalog = pickCatalog(await control.get('/fixtures'))
  ok('catalog')

  const w = { traits, base, control, sdk, catalog }
  const first = await createAndGet(w)
  const others = await list(w, first)
  await update(w, first)
  await client(w, first, others.plain)
  await decline(w, others.plain)
  await pay(w, first)
  await expire(w)
  await refused(w)
  await faults(w)
  await whole(w)
  await customFields(w)
  await resources(w, { has, thrown, at: (name) => { step = name }, ok: () => ok(step) })
}

async function createAndGet({ traits, base, sdk, catalog }) {
  step = 'create'
  const { product, discount } = catalog
  const price = product.prices[0]
  const created = await sdk.create({
    ...ask(traits, product),
    discount_id: discount.id,
    success_url: 'https://shop.test/thanks?checkout_id={CHECKOUT_ID}',
    customer_email: buyer.customer_email,
    metadata,
  })
  const off = discounted(price.price_amount, discount)
  has(created, {
    status: 'open', payment_processor: 'stripe', modified_at: null,
    success_url: `https://shop.test/thanks?checkout_id=${created.id}`,
    url: `${base}/checkout/${created.client_secret}`,
    amount: price.price_amount, tax_amount: null, total_amount: price.price_amount - off,
    currency: price.price_currency, product_id: product.id, product_price_id: price.id,
    discount_id: discount.id, subscription_id: null, customer_id: null, customer_email: buyer.customer_email,
    customer_name: null, metadata, customer_metadata: {}, attached_custom_fields: [],
    allow_discount_codes: true, is_discount_applicable: true, is_free_product_price: false,
    is_payment_required: true, is_payment_setup_required: false, is_payment_form_required: true,
  })
  if (traits.amounts) has(created, { discount_amount: off, net_amount: price.price_amount - off, organization_id: product.organization_id })
  if (traits.products) assert.deepEqual(created.products.map((p) => p.id), [product.id], 'products')
  has(created.product, { id: product.id, name: product.name, is_recurring: false, is_archived: false })
  has(created.product_price, { id: price.id, price_amount: price.price_amount, price_currency: price.price_currency })
  has(created.discount, { id: discount.id, type: 'percentage', basis_points: discount.basis_points, code: discount.code })
  assert.match(created.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.match(created.client_secret, /^polar_c_[0-9A-Za-z]{43}$/)
  assert.equal(millis(created.expires_at) - millis(created.created_at), profile.lifetime, 'lifetime in ms')
  ok('create')

  step = 'get'
  assert.deepEqual(await sdk.get(created.id), created)
  ok('get')
  return created
}

async function list({ traits, sdk, catalog }, first) {
  step = 'list'
  const plain = await sdk.create(ask(traits, catalog.product))
  const monthly = await sdk.create(ask(traits, catalog.monthly))
  const custom = await sdk.create({ ...ask(traits, catalog.custom), amount: 4321 })
  const free = await sdk.create(ask(traits, catalog.free))
  has(monthly, { amount: catalog.monthly.prices[0].price_amount, is_payment_setup_required: true, discount_id: null })
  has(monthly.product, { is_recurring: true })
  has(custom, { amount: 4321, total_amount: 4321 })
  has(free, { amount: 0, total_amount: 0, is_free_product_price: true, is_payment_required: false, is_payment_form_required: false })

  const page = await sdk.page({ limit: 2 })
  assert.equal(page.items.length, 2, 'items on the first page')
  has(page.pagination, { total_count: 5, max_page: 3 })
  const newestFirst = [free, custom, monthly, plain, first]
  assert.deepEqual(ids(await sdk.all({ limit: 2 })), ids(newestFirst), 'all pages, newest first')
  const oldestFirst = await sdk.all({ limit: 2, sorting: ['created_at'] })
  assert.deepEqual(ids(oldestFirst), ids([...newestFirst].reverse()), 'all pages, oldest first')
  assert.deepEqual(oldestFirst[0], first, 'a listed session is the created one')
  assert.deepEqual(ids(await sdk.all({ limit: 2, product_id: [catalog.custom.id, catalog.free.id] })), ids([free, custom]), 'by product')
  ok('list')
  return { plain }
}

async function update({ sdk }, first) {
  step = 'update'
  const changed = await sdk.update(first.id, { customer_name: 'A. Lovelace', metadata: { order_ref: 'A-1002' } })
  assert.ok(changed.modified_at, 'modified_at after an update')
  assert.deepEqual(changed, { ...first, modified_at: changed.modified_at, customer_name: 'A. Lovelace', metadata: { order_ref: 'A-1002' } })
  assert.deepEqual(await sdk.get(first.id), changed)

  const full = await sdk.update(first.id, { discount_id: null })
  has(full, { discount_id: null, discount: null, amount: first.amount, total_amount: first.amount })
  const again = await sdk.update(first.id, { discount_id: first.discount_id })
  has(again, { discount_id: first.discount_id, discount: first.discount, total_amount: first.total_amount })
  ok('update')
}

async function client({ traits, sdk, catalog }, first, plain) {
  step = 'client get'
  const seen = await sdk.clientGet(first.client_secret)
  has(seen, { id: first.id, status: 'open', amount: first.amount, total_amount: first.total_amount, customer_name: 'A. Lovelace', product_id: first.product_id })
  has(seen.organization, { id: catalog.product.organization_id })
  assert.ok(!('metadata' in seen), 'metadata is not public')
  ok('client get')

  step = 'client update'
  const { discount } = catalog
  const off = discounted(plain.amount, discount)
  const coded = await sdk.clientUpdate(plain.client_secret, { discount_code: discount.code.toLowerCase(), customer_name: buyer.customer_name })
  has(coded, { discount_id: discount.id, total_amount: plain.amount - off, customer_name: buyer.customer_name })
  if (traits.amounts) has(coded, { discount_amount: off })
  ok('client update')
}

async function decline({ traits, sdk }, session) {
  step = 'client confirm, declined'
  const e = await thrown(sdk.clientConfirm(session.client_secret, { confirmation_token_id: 'ctoken_declined', ...buyer }))
  has(e, { class: traits.declined, error: 'PaymentError' })
  assert.match(e.detail, /^The payment failed: .*Please try again with a different payment method\.$/)
  has(await sdk.get(session.id), { status: 'open' })
  ok(step)
}

async function pay({ traits, sdk }, first) {
  step = 'client confirm'
  const confirmed = await sdk.clientConfirm(first.client_secret, { confirmation_token_id: 'ctoken_1', ...buyer })
  has(confirmed, { id: first.id, status: 'confirmed', tax_amount: 0, total_amount: first.total_amount, customer_name: buyer.customer_name, customer_email: buyer.customer_email })
  assert.match(confirmed.customer_session_token, /^polar_cst_/)
  assert.ok(confirmed.customer_id, 'customer_id after confirm')
  ok('client confirm')

  step = 'succeeded'
  let paid
  for (let left = 100; left > 0 && paid?.status !== 'succeeded'; left--) {
    paid = await sdk.get(first.id)
    assert.match(paid.status, /^(confirmed|succeeded)$/)
  }
  has(paid, { status: 'succeeded', customer_id: confirmed.customer_id, amount: first.amount, total_amount: first.total_amount, tax_amount: 0, metadata: { order_ref: 'A-1002' }, discount: first.discount })
  has(paid.customer_billing_address, { country: 'FR' })
  if (traits.maps) has(paid.payment_processor_metadata, { intent_status: 'succeeded' })
  ok('succeeded')

  step = 'update after payment'
  const e = await thrown(sdk.update(first.id, { customer_name: 'Nobody' }))
  has(e, { class: traits.notOpen, status: 403, error: 'NotOpenCheckout', detail: `Checkout ${first.id} is not open: succeeded` })
  ok(step)
}

async function expire({ traits, sdk, control, catalog }) {
  step = 'expired by the clock'
  const { id, client_secret } = await sdk.create(ask(traits, catalog.product))
  await control.post('/clock/advance', { by: '25h' })
  has(await sdk.get(id), { status: 'expired' })
  const gone = profile.gone(traits)
  has(await thrown(sdk.clientGet(client_secret)), gone)
  has(await thrown(sdk.clientUpdate(client_secret, { customer_name: 'Nobody' })), gone)
  has(await thrown(sdk.clientConfirm(client_secret, { confirmation_token_id: 'ctoken_2', ...buyer })), gone)
  has(await thrown(sdk.update(id, { customer_name: 'Nobody' })), {
    class: traits.notOpen, status: 403, error: 'NotOpenCheckout', detail: `Checkout ${id} is not open: expired`,
  })
  ok(step)
}

async function refused({ traits, sdk }) {
  step = 'not found'
  const missing = { class: 'ResourceNotFound', status: 404, error: 'ResourceNotFound', detail: 'Not found' }
  has(await thrown(sdk.get(unknownID)), missing)
  has(await thrown(sdk.update(unknownID, { customer_name: 'Nobody' })), missing)
  has(await thrown(sdk.clientGet(`polar_c_${'0'.repeat(43)}`)), missing)
  ok(step)

  step = 'validation'
  const product = await thrown(sdk.create(ask(traits, { id: unknownID })))
  has(product, { class: 'HTTPValidationError', status: 422 })
  has(product.detail[0], {
    type: 'value_error', msg: 'Product does not exist.', loc: traits.products ? ['body', 'products', 0] : ['body', 'product_id'],
  })
  const id = await thrown(sdk.get('not-a-uuid'))
  has(id, { class: 'HTTPValidationError', status: 422 })
  has(id.detail[0], { type: 'uuid_parsing', loc: ['path', 'id'] })
  assert.match(id.detail[0].msg, /^Input should be a valid UUID/)
  ok(step)
}

// faults: armed ones are the SDK's own errors, and a retry passes when they are used up; where the SDK
// retries by itself, its caller never sees them.
async function faults({ traits, control, sdk, catalog }) {
  step = 'faults'
  const session = await sdk.create(ask(traits, catalog.product))
  const arm = (effect) => control.post('/faults', { match: { provider: 'polar', operation: 'getCheckout', session: session.id }, effect, times: 2 })
  for (const [effect, status] of [[{ status: 500 }, 500], [{ rate_limit: { reset: '1s' } }, 429], [{ status: 404 }, 404]]) {
    await arm(effect)
    for (let n = 0; n < 2; n++) {
      const e = await sdk.get(session.id).then(() => assert.fail(`no error for ${status}`), (e) => e)
      // 1.0.1 has a class for what is not declared, which tells the status in its text alone.
      const told = e.statusCode ?? e.described?.status ?? Number(/\b[45]\d\d\b/.exec(e.message)?.[0])
      assert.equal(told, status, `${e}`)
      assert.match(e.constructor.name, /^(SDKError|ResourceNotFound|Polar\w*Error)/)
      if (status === 404) has(e.described, { class: 'ResourceNotFound', error: 'ResourceNotFound' })
    }
    assert.deepEqual(await sdk.get(session.id), session, `the retry after two times ${status}`)
  }
  if (sdk.getRetrying) {
    await arm({ status: 503 })
    assert.deepEqual(await sdk.getRetrying(session.id), session, 'retried by the SDK')
    assert.equal((await control.get('/faults')).faults.at(-1).hits, 2, 'strikes that the SDK met')
  }
  ok(step)
}

// whole sells everything in the catalog: each kind of product and discount must suit the SDK's types.
async function whole({ traits, sdk, catalog }) {
  step = 'every product'
  for (const product of catalog.products) {
    const session = await sdk.create(ask(traits, product))
    has(session, { product_id: product.id })
    assert.deepEqual(session.attached_custom_fields.map((f) => f.custom_field.slug), product.attached_custom_fields.map((f) => f.custom_field.slug))
    assert.deepEqual(await sdk.get(session.id), session)
    has(await sdk.clientGet(session.client_secret), { id: session.id, product: session.product })
  }
  ok(step)

  step = 'every discount'
  for (const discount of catalog.discounts) {
    const session = await sdk.create({ ...ask(traits, catalog.monthly), discount_id: discount.id })
    has(session.discount, { id: discount.id, type: discount.type, duration: discount.duration, code: discount.code })
    has(session, { total_amount: session.amount - discounted(session.amount, discount) })
    has(await sdk.clientGet(session.client_secret), { discount: session.discount })
  }
  ok(step)
}

async function customFields({ traits, sdk, catalog }) {
  step = 'custom fields'
  const { form } = catalog
  const answers = answersTo(form)
  const { id, client_secret } = await sdk.create(ask(traits, form))
  const e = await thrown(sdk.clientConfirm(client_secret, { confirmation_token_id: 'ctoken_3', ...buyer }))
  has(e, { class: 'HTTPValidationError', status: 422 })
  assert.deepEqual(e.detail.map((d) => d.loc.join('.')).sort(), Object.keys(answers).map((slug) => `body.custom_field_data.${slug}`).sort())
  if (traits.maps) {
    await sdk.clientConfirm(client_secret, { confirmation_token_id: 'ctoken_3', ...buyer, custom_field_data: answers })
    has((await sdk.get(id)).custom_field_data, answers)
  }
  ok(step)
}

// ask is the part of a create body that names the product.
function ask(traits, product) {
  return traits.products ? { products: [product.id] } : { product_id: product.id }
}

// has asserts each wanted field of got, naming the first that differs.
function has(got, want) {
  assert.ok(got, `got ${got}, want an object with ${Object.keys(want)}`)
  for (const [field, value] of Object.entries(want)) {
    assert.deepEqual(got[field], value, `${field} = ${JSON.stringify(got[field])}; want ${JSON.stringify(value)}`)
  }
}

// thrown awaits the failure of a call and answers the error as { class, status, error, detail }.
async function thrown(call) {
  let value
  try {
    value = await call
  } catch (e) {
    if (!e.described) throw e
    return e.described
  }
  assert.fail(`no error; got ${JSON.stringify(value)}`)
}

function ids(sessions) {
  return sessions.map((s) => s.id)
}

function millis(instant) {
  return new Date(instant).getTime()
}

function ok(name) {
  console.log(`ok ${name}`)
}

const [version, folder = path.join(path.dirname(fileURLToPath(import.meta.url)), version ?? '')] = process.argv.slice(2)
try {
  await walk(version, path.resolve(folder))
} catch (e) {
  console.error(`not ok ${step}: ${e.described ? JSON.stringify(e.described) : e.stack}`)
  process.exit(1)
}
