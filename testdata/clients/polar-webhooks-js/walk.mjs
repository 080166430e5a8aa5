// Receives the webhooks that a running localcheckout sends for Polar, and has them verified by one version of
// npm @polar-sh/sdk and by npm standardwebhooks, both unmodified.
//
//   LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs 0.49.0 [folder holding node_modules]
//
// Every step prints "ok <step>"; the first that fails prints why and ends the process with 1. Against a server
// started with --polar-profile 2025-02 set LOCALCHECKOUT_POLAR_PROFILE to the same.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { Receiver, Server } from './server.mjs'

const discounts = { 'discount.created': 'of August 2026', 'discount.updated': 'of August 2026', 'discount.deleted': 'of August 2026' }

// What each version can do: the types and states that it refuses, for a reason, of all that the emulator causes; where its
// verifier is, and whether it reads a secret as Standard Webhooks does beside the older way.
const versions = {
  '0.26.1': {
    refuses: {
      'checkout.expired': 'of February 2026', 'customer.created': 'of a later time', 'customer.updated': 'of a later time',
      'customer.state_changed': 'of a later time', 'order.updated': 'of a later time', 'order.paid': 'of a later time',
      'subscription.cycled': 'of a later time', 'subscription.paused': 'of a later time', 'subscription.resumed': 'of a later time',
      paused: 'a status of a later time', 'customer.deleted': 'of a later time', ...discounts,
    },
    entry: 'webhooks', validate: (sdk) => sdk.validateEvent, standard: false,
  },
  '0.49.0': {
    refuses: {
      'subscription.cycled': 'of a later time', 'subscription.paused': 'has a type, which its parser does not ask for',
      'subscription.resumed': 'has a type, which its parser does not ask for', ...discounts,
    },
    entry: 'webhooks', validate: (sdk) => sdk.validateEvent, standard: false,
  },
  '1.0.1': { refuses: {}, entry: '2026-10', validate: (sdk) => sdk.webhooks.validateEvent, standard: true },
}

// Types that the emulator causes and this walk cannot, each with its reason. A type that stands neither here nor in
// a message of the walk ends it.
const notCaused = {}

// The events of each step of a session, in order, by the profile of the server.
const sequences = {
  current: {
    created: ['checkout.created'],
    updated: ['checkout.updated'],
    oneTime: ['checkout.updated', 'customer.created', 'customer.state_changed', 'order.created', 'order.updated', 'order.paid', 'checkout.updated'],
    recurring: [
      'checkout.updated', 'customer.updated', 'customer.state_changed', 'subscription.created', 'subscription.active', 'subscription.updated',
      'order.created', 'order.updated', 'order.paid', 'checkout.updated', 'customer.state_changed',
    ],
    failed: ['checkout.updated', 'customer.updated', 'customer.state_changed', 'checkout.updated'],
    declined: [],
    expired: ['checkout.expired'],
  },
  '2025-02': {
    created: ['checkout.created'],
    updated: ['checkout.updated'],
    oneTime: ['checkout.updated', 'checkout.updated', 'order.created'],
    recurring: ['checkout.updated', 'checkout.updated', 'subscription.created', 'subscription.active', 'subscription.updated', 'order.created'],
    failed: ['checkout.updated', 'checkout.updated'],
    declined: [],
    expired: [],
  },
}
const profile = process.env.LOCALCHECKOUT_POLAR_PROFILE || 'current'
const sequence = sequences[profile]

let step = 'start'
const seen = new Set() // types of messages that were held against the SDK
function ok(what) {
  console.log(`ok ${what}`)
}

// read holds a message that was verified against the types of the SDK: it is read, or refused as a type that this
// version does not know.
async function read(m, sdk, secret, traits) {
  const { type, data } = m.json
  const reason = traits.refuses[type] ?? traits.refuses[data.status]
  if (reason) {
    await assert.rejects(sdk(m, secret), (e) => e.constructor.name === 'SDKValidationError', `${type}: ${reason}`)
  } else {
    const event = await sdk(m, secret)
    assert.equal(event.type, type)
    assert.equal(event.data.id, data.id)
  }
  seen.add(type)
}

// everyType: whatever the emulator causes was among the messages.
async function everyType(server) {
  step = 'every type'
  const types = await server.emitted()
  assert.ok(types.length >= 6, types)
  assert.deepEqual(types.filter((type) => !seen.has(type) && !(type in notCaused)), [], 'types that the emulator causes and this walk has not seen')
  assert.deepEqual([...seen].filter((type) => !types.includes(type) || type in notCaused), [], 'types that the emulator does not tell of, or that are said not to come')
  ok(step)
}

async function walk(version, folder) {
  const traits = versions[version]
  assert.ok(traits, `no walk for version ${version}; known: ${Object.keys(versions).join(' ')}`)
  globalThis.crypto ??= webcrypto // before Node 20 it is not there by itself
  const sdk = traits.validate(await load(folder, `@polar-sh/sdk/${traits.entry}`))
  const { Webhook } = await load(folder, 'standardwebhooks')
  const verifiers = {
    sdk: async (m, secret) => sdk(m.raw, m.headers, secret),
    // The documentation: "the secret needs to be base64 encoded", the whole of it.
    whole: async (m, secret) => new Webhook(Buffer.from(secret, 'utf-8').toString('base64')).verify(m.raw, m.headers),
    // A secret as Standard Webhooks has it needs nothing.
    standard: async (m, secret) => new Webhook(secret).verify(m.raw, m.headers),
  }
  const server = new Server(process.env.LOCALCHECKOUT_URL, `polar-webhooks-js-${version.replaceAll('.', '-')}`)
  const receiver = await new Receiver().listen()
  try {
    await vector(verifiers)
    await sequenceOf(server, receiver, verifiers, traits)
    await everyProduct(server, receiver, verifiers, traits)
    await resources(server, receiver, verifiers, traits)
    await afterwards(server, receiver, verifiers, traits)
    await everyType(server)
    await damaged(server, receiver, verifiers)
    await secrets(server, receiver, verifiers, traits)
    await both(server, receiver, verifiers)
    await laterOn(server, receiver, verifiers)
  } finally {
    receiver.close()
  }
}

// vector: the published test vector of the older key, computed with the library itself.
async function vector({ whole }) {
  step = 'vector'
  const at = 1740045847
  const m = {
    raw: Buffer.from('{"type":"checkout.created","data":{}}'),
    headers: {
      'webhook-id': '8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7b', 'webhook-timestamp': String(at),
      'webhook-signature': 'v1,DcGOVRQMVxvnwec/xSVfdvQtaE/KFq6XBj2ZPAtJak8=',
    },
  }
  const now = Date.now
  Date.now = () => at * 1000 // the library compares with it
  try {
    assert.deepEqual(await whole(m, 'polar_whs_abc'), { type: 'checkout.created', data: {} })
  } finally {
    Date.now = now
  }
  ok(step)
}

// sequenceOf: every step of sessions, each message accepted by every verifier that can.
async function sequenceOf(server, receiver, { sdk, whole }, traits) {
  step = 'secret'
  await server.reset()
  const secret = await server.secret()
  assert.match(secret, /^polar_whs_/)
  await server.listen(receiver.url)
  const { oneTime, monthly } = await server.products()
  const expectTypes = async (what, want) => {
    step = what
    await server.settle()
    const got = receiver.take()
    assert.deepEqual(got.map((m) => m.json.type), want)
    for (const m of got) {
      step = `${what}: ${m.json.type}`
      assert.equal(m.headers['content-type'], 'application/json')
      assert.equal(m.headers['user-agent'], 'polar.sh webhooks')
      assert.match(m.headers['webhook-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.deepEqual(Object.keys(m.json), profile === 'current' ? ['type', 'timestamp', 'api_version', 'data'] : ['type', 'data'])
      assert.equal(m.headers['webhook-api-version'], m.json.api_version)
      assert.equal((await whole(m, secret)).type, m.json.type)
      await read(m, sdk, secret, traits)
    }
    ok(what)
    return got
  }

  const first = await server.create(oneTime)
  await expectTypes('created', sequence.created)
  const [updated] = (await server.update(first, { metadata: { step: 2 } }), await expectTypes('updated', sequence.updated))
  assert.deepEqual(updated.json.data, await server.get(first))
  await server.confirm(first, 'ctoken_declined', 400)
  await expectTypes('declined', sequence.declined)
  await server.confirm(first, 'ctoken_ok')
  const paid = await expectTypes('one-time', sequence.oneTime)
  assert.deepEqual(paid.findLast((m) => m.json.type === 'checkout.updated').json.data, await server.get(first))
  const order = paid.find((m) => m.json.type === 'order.created').json.data
  assert.equal(order.checkout_id, first.id)
  assert.equal(order.amount, first.net_amount)
  assert.equal(order.billing_reason, 'purchase')

  const second = await server.create(monthly)
  await server.settle()
  receiver.take()
  await server.confirm(second, 'ctoken_ok')
  const subscribed = await expectTypes('recurring', sequence.recurring)
  const subscription = subscribed.find((m) => m.json.type === 'subscription.active').json.data
  assert.equal(subscription.status, 'active')
  assert.equal(subscription.checkout_id, second.id)
  assert.equal(subscribed.find((m) => m.json.type === 'order.created').json.data.subscription_id, subscription.id)
  if (profile === 'current') {
    const state = subscribed.at(-1).json.data
    assert.deepEqual(state.active_subscriptions.map((s) => s.id), [subscription.id])
  }

  const third = await server.create(oneTime)
  await server.settle()
  receiver.take()
  await server.confirm(third, 'ctoken_fail')
  await expectTypes('failed later', sequence.failed)

  await server.create(oneTime)
  await server.settle()
  receiver.take()
  await server.freeze()
  await server.advance(profile === 'current' ? '24h' : '30m')
  const gone = receiver.take().filter((m) => m.json.type === 'checkout.expired')
  assert.equal(gone.length > 0, sequence.expired.length > 0)
  for (const m of gone) assert.equal((await whole(m, secret)).data.status, 'expired')
  for (const m of gone) await read(m, sdk, secret, traits)
  await server.resume()
  ok('expired')
}

// afterwards: what becomes of an order and of subscriptions is read by the types of the SDK.
async function afterwards(server, receiver, { sdk, whole }, traits) {
  step = 'afterwards'
  await server.reset()
  const secret = await server.secret()
  await server.listen(receiver.url)
  const { oneTime, monthly } = await server.products()
  await server.freeze()
  const sold = async (product) => {
    const session = await server.create(product)
    await server.pay(session)
    const { items } = await server.orders(session)
    return items[0]
  }
  const order = await sold(oneTime)
  await server.refund({ order_id: order.id, reason: 'customer_request', amount: 100 })
  const subscriptions = []
  for (let n = 0; n < 2; n++) subscriptions.push({ id: (await sold(monthly)).subscription_id })
  const [first, second] = subscriptions
  await server.change(first, { cancel_at_period_end: true, customer_cancellation_reason: 'too_expensive' })
  await server.change(first, { cancel_at_period_end: false })
  if (profile === 'current') await server.change(second, { pause_at_period_end: true })
  await server.advance('744h')
  if (profile === 'current') await server.change(second, { resume: true })
  await server.revoke(first)
  await server.settle()
  for (const m of receiver.take()) {
    step = `afterwards: ${m.json.type}`
    await whole(m, secret)
    await read(m, sdk, secret, traits)
  }
  await server.resume()
  ok('afterwards')
}

// everyProduct: whatever is sold, at a discount or not, is read by the types of the SDK.
async function everyProduct(server, receiver, { sdk, whole }, traits) {
  step = 'every product'
  await server.reset()
  const secret = await server.secret()
  await server.listen(receiver.url)
  const { polar } = await server.fixtures()
  const ids = new Set()
  for (const product of polar.products.filter((p) => !p.is_archived && p.visibility !== 'draft')) {
    for (const discount of [undefined, ...polar.discounts]) {
      const body = { product_id: product.id, discount_id: discount?.id, customer_email: `${ids.size}.${product.id}@example.com`, metadata: { ref: 'A-1' } }
      const session = await server.tryCreate(body)
      if (!session) continue // the discount does not fit
      await server.pay(session)
      await server.settle()
      for (const m of receiver.take()) {
        step = `every product: ${product.name}, ${discount?.name}: ${m.json.type}`
        ids.add(m.headers['webhook-id'])
        await whole(m, secret)
        await read(m, sdk, secret, traits)
      }
    }
  }
  assert.ok(ids.size > 100, `${ids.size} messages`)
  ok('every product')
}

// resources: what the merchant makes, changes and deletes beside sessions.
async function resources(server, receiver, { sdk, whole }, traits) {
  step = 'resources'
  await server.reset()
  const secret = await server.secret()
  await server.listen(receiver.url)
  const { polar } = await server.fixtures()
  const { monthly } = await server.products()
  const made = (path, body) => server.merchant('POST', path, body, 201)
  const product = await made('/v1/products/', { name: 'Course', prices: [{ amount_type: 'fixed', price_amount: 900 }, { amount_type: 'fixed', price_amount: 800, price_currency: 'eur' }] })
  await server.merchant('PATCH', `/v1/products/${product.id}`, { name: 'Long course', metadata: { a: 1 } })
  for (const body of [
    { type: 'fixed', duration: 'once', amounts: { usd: 100 } },
    { type: 'percentage', duration: 'repeating', duration_in_months: 3, basis_points: 1000, products: [product.id], code: 'THREE' },
  ]) {
    const discount = await made('/v1/discounts/', { name: 'Less', ...body })
    await server.merchant('PATCH', `/v1/discounts/${discount.id}`, { max_redemptions: 3 })
    await server.merchant('DELETE', `/v1/discounts/${discount.id}`, undefined, 204)
  }
  const customer = await made('/v1/customers/', { email: 'gone@example.com', external_id: 'usr_gone', name: 'Gone' })
  await server.merchant('PATCH', `/v1/customers/${customer.id}`, { name: 'Soon gone' })
  await server.pay(await made('/v1/checkouts/', { product_id: monthly, customer_id: customer.id }))
  await server.merchant('DELETE', `/v1/customers/external/usr_gone`, undefined, 204)
  await server.merchant('PATCH', `/v1/organizations/${polar.organizations[0].id}`, { name: 'Crumbs' })
  await server.settle()
  for (const m of receiver.take()) {
    step = `resources: ${m.json.type}`
    await whole(m, secret)
    await read(m, sdk, secret, traits)
  }
  ok('resources')
}

// damaged: one byte, the time and the secret each matter to every verifier.
async function damaged(server, receiver, { sdk, whole }) {
  step = 'damaged'
  await server.reset()
  const secret = await server.secret()
  await server.listen(receiver.url)
  const { oneTime } = await server.products()
  await server.create(oneTime)
  await server.settle()
  const [good] = receiver.take()
  await server.plan([{ do: 'stale_timestamp' }, { do: 'bad_signature' }])
  await server.create(oneTime)
  await server.create(oneTime)
  await server.settle()
  const [stale, forged] = receiver.take()
  const flipped = { ...good, raw: Buffer.from(good.raw) }
  flipped.raw[flipped.raw.length - 5] ^= 1
  for (const verify of [sdk, whole]) {
    await verify(good, secret)
    await assert.rejects(verify(flipped, secret), refused)
    await assert.rejects(verify(stale, secret), /old/)
    await assert.rejects(verify(forged, secret), refused)
    await assert.rejects(verify(good, secret.slice(0, -1)), refused)
  }
  ok(step)
}

const refused = (e) => /VerificationError$/.test(e.constructor.name) && /No matching signature found/.test(e.message)

// secrets: made by the endpoint's owner, and of the newer form.
async function secrets(server, receiver, { sdk, whole, standard }, traits) {
  step = 'secrets'
  await server.reset()
  const own = 'a-secret-of-thirty-two-characters-or-more'
  const made = []
  made.push(await server.endpoint({ url: receiver.url, format: 'raw', events: ['checkout.created'], secret: own }))
  if (profile === 'current') {
    assert.equal(made[0].secret, own)
    made.push(await server.endpoint({ url: receiver.url, format: 'raw', events: ['checkout.created'] }))
    assert.match(made[1].secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  }
  const { oneTime } = await server.products()
  await server.create(oneTime)
  await server.settle()
  const got = receiver.take()
  assert.equal(got.length, made.length)
  const accepts = async (verify, secret) => {
    let n = 0
    for (const m of got) n += await verify(m, secret).then(() => 1, () => 0)
    return n
  }
  assert.equal(await accepts(sdk, own), 1)
  assert.equal(await accepts(whole, own), 1)
  if (made.length > 1) {
    assert.equal(await accepts(standard, made[1].secret), 1)
    assert.equal(await accepts(sdk, made[1].secret), traits.standard ? 1 : 0)
    const { secret } = await server.newSecret(made[1])
    assert.notEqual(secret, made[1].secret)
    await server.create(oneTime)
    await server.settle()
    got.splice(0, got.length, ...receiver.take())
    assert.deepEqual([await accepts(standard, secret), await accepts(standard, made[1].secret), await accepts(sdk, own)], [1, 0, 1])
  }
  ok(step)
}

// both: an endpoint that asks for both signatures satisfies receivers of either kind.
async function both(server, receiver, { sdk, whole, standard }) {
  step = 'both signatures'
  await server.reset()
  const { secret } = await server.listen(receiver.url, { signature: 'both', events: ['checkout.created'] })
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  const { oneTime } = await server.products()
  await server.create(oneTime)
  await server.settle()
  const [m] = receiver.take()
  assert.match(m.headers['webhook-signature'], /^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/)
  const flipped = { ...m, raw: Buffer.from(m.raw) }
  flipped.raw[flipped.raw.length - 5] ^= 1
  for (const verify of [sdk, whole, standard]) {
    await verify(m, secret)
    await assert.rejects(verify(flipped, secret), refused)
  }
  ok(step)
}

// laterOn: after days on the sandbox's clock, and on a repetition, the signed time is still the receiver's.
async function laterOn(server, receiver, { sdk, whole }) {
  step = 'later on'
  await server.reset()
  const secret = await server.secret()
  await server.listen(receiver.url)
  const { oneTime } = await server.products()
  await server.freeze()
  await server.advance('240h')
  receiver.status = 500
  await server.create(oneTime)
  await server.settle()
  receiver.status = 202
  await server.advance('1h')
  const [refusedOne, acceptedOne, ...rest] = receiver.take()
  assert.equal(rest.filter((m) => m.headers['webhook-id'] === acceptedOne.headers['webhook-id']).length, 0)
  assert.equal(acceptedOne.headers['webhook-id'], refusedOne.headers['webhook-id'])
  assert.deepEqual(acceptedOne.raw, refusedOne.raw)
  for (const m of [refusedOne, acceptedOne]) for (const verify of [sdk, whole]) await verify(m, secret)
  ok(step)
}

// load imports a package from a folder's node_modules, as that folder's own code would.
async function load(folder, name) {
  const require = createRequire(path.join(folder, 'package.json'))
  return import(pathToFileURL(require.resolve(name)))
}

const here = path.dirname(fileURLToPath(import.meta.url))
const [version, folder] = process.argv.slice(2)
try {
  await walk(version, path.resolve(folder ?? path.join(here, version)))
} catch (e) {
  console.error(`FAILED ${step}:`, e, e?.cause ? JSON.stringify(e.cause.issues ?? e.cause, null, 1).slice(0, 4000) : '')
  process.exit(1)
}
