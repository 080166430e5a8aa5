// Receives the webhooks that a running localcheckout sends for Tilled and for LeanRails, and verifies the raw bytes
// by the providers' documented recipes. It needs nothing but Node.
//
//   LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// Every step prints "ok <step>"; the first that fails prints why and ends the process with 1.

import assert from 'node:assert/strict'

import { LeanRails, Receiver, Tilled } from './desk.mjs'
import * as leanrails from './leanrails.mjs'
import * as tilled from './tilled.mjs'

// What the documentation says of each: the keys of a message, the headers that it is told by, the events of a
// payment, the schedule, and the type of the event that `cause` makes.
const providers = [
  {
    name: 'tilled', recipe: tilled, Desk: Tilled, one: 'payment_intent.created',
    keys: ['account_id', 'created_at', 'data', 'id', 'type', 'updated_at'],
    paid: ['payment_intent.created', 'customer.created', 'charge.succeeded', 'payment_intent.succeeded'],
    declined: ['payment_intent.created', 'charge.failed', 'payment_intent.payment_failed'],
    expired: ['payment_intent.created', 'payment_intent.canceled'],
    offsets: [0, 5, 30], about: (event) => event.data.id,
    later: (at) => at, // milliseconds
  },
  {
    name: 'leanrails', recipe: leanrails, Desk: LeanRails, one: 'checkout.session.expired',
    keys: ['created', 'data', 'id', 'livemode', 'object', 'type'],
    paid: ['payment_intent.succeeded', 'checkout.session.completed'],
    declined: ['payment_intent.payment_failed'],
    expired: ['checkout.session.expired'],
    offsets: [0, 60, 300, 1800, 7200, 28800, 86400, 259200], about: (event) => event.data.object.id,
    later: (at) => at * 1000,
  },
]

let step = 'start'

async function walk(traits) {
  const desk = new traits.Desk(process.env.LOCALCHECKOUT_URL.replace(/\/+$/, ''), `webhooks-node-${traits.name}`)
  const receiver = await new Receiver().listen()
  try {
    for (const run of [sequences, everyByte, planned, schedule, laterOn, secrets]) {
      step = `${traits.name}: ${run.name}`
      Object.assign(receiver, { answers: [], hold: undefined })
      await desk.begin()
      await desk.control('POST', '/clock/freeze')
      await run(desk, receiver, traits)
      assert.deepEqual(receiver.take(), [], 'messages that nothing has caused')
      console.log(`ok ${step}`)
    }
  } finally {
    receiver.close()
  }
}

// sequences: each message of a session's life is accepted, and shows what the API shows.
async function sequences(desk, receiver, { recipe, keys, name, ...traits }) {
  const { secret } = await desk.listen(receiver.url)
  for (const [action, want] of [['pay', traits.paid], ['decline', traits.declined], ['expire', traits.expired]]) {
    const session = await desk.session()
    await desk.act(session, action)
    await desk.settle()
    const events = []
    for (const m of receiver.take()) {
      assert.equal(m.method, 'POST')
      assert.match(m.headers['content-type'], /^application\/json\b/)
      const event = recipe.verify(m.raw, m.headers, secret)
      assert.deepEqual(Object.keys(event).sort(), keys)
      assert.match(event.id, /^evt_/)
      await (name === 'tilled' ? ofTilled(desk, event) : ofLeanRails(desk, m, event, session, secret))
      events.push(event.type)
    }
    assert.deepEqual(events, want)
  }
}

// ofTilled: the list of events shows the same.
async function ofTilled(desk, event) {
  assert.deepEqual(await desk.event(event.id), event)
  assert.equal(event.account_id, desk.account)
}

// ofLeanRails: the headers of later generations, and the session as it is read.
async function ofLeanRails(desk, m, event, session, secret) {
  assert.equal(m.headers['webhook-id'], event.id)
  assert.equal(m.headers['user-agent'], 'Fluveo-Webhooks/1.0')
  leanrails.verify(m.raw, m.headers, secret, Date.now(), 'fluveo-signature')
  assert.equal(event.object, 'event')
  if (event.type.startsWith('checkout.session.')) assert.deepEqual(event.data.object, await desk.get(session))
}

// everyByte: no byte of a message can be another, nor the secret, nor the time.
async function everyByte(desk, receiver, { recipe, one }) {
  const { secret } = await desk.listen(receiver.url, [one])
  await desk.cause()
  await desk.settle()
  const [{ raw, headers }] = receiver.take()
  recipe.verify(raw, headers, secret)
  for (let i = 0; i < raw.length; i++) {
    const flipped = Buffer.from(raw)
    flipped[i] ^= 1
    assert.throws(() => recipe.verify(flipped, headers, secret), /no signature fits/, `byte ${i} of ${raw.length}`)
  }
  for (const wrong of [`${secret}x`, secret.slice(0, -1), secret.replace('whsec_', ''), secret.toLowerCase()]) {
    assert.throws(() => recipe.verify(raw, headers, wrong), /no signature fits/, wrong)
  }
  const minutes = 60 * 1000
  assert.throws(() => recipe.verify(raw, headers, secret, Date.now() + 7 * minutes), /too far off/)
  assert.throws(() => recipe.verify(raw, headers, secret, Date.now() - 7 * minutes), /too far off/)
}

// planned: each step of an event plan is done exactly, in order, and then it is over.
async function planned(desk, receiver, { recipe, one, about }) {
  const { secret } = await desk.listen(receiver.url, [one])
  await desk.plan(['drop', 'duplicate', 'delay', 'reorder', 'bad_signature', 'stale_timestamp', 'truncate'].map((what) =>
    what === 'delay' ? { do: what, delay: '30s' } : { do: what }))
  const made = []
  for (let n = 0; n < 8; n++) {
    made.push(await desk.cause())
    await desk.settle()
  }
  const read = (m) => about(recipe.verify(m.raw, m.headers, secret))
  const [twice, again, forged, reordered, stale, cut, good, ...rest] = receiver.take()
  assert.equal(rest.length, 0)
  assert.deepEqual([twice, again, reordered, good].map(read), [made[1], made[1], made[3], made[7]])
  assert.deepEqual(again.raw, twice.raw)
  assert.equal(about(JSON.parse(forged.raw)), made[4])
  assert.throws(() => read(forged), /no signature fits/)
  assert.equal(about(JSON.parse(stale.raw)), made[5])
  assert.throws(() => read(stale), /too far off/)
  const whole = Buffer.from((await desk.deliveries()).at(-2).body)
  assert.ok(cut.raw.length < whole.length && whole.subarray(0, cut.raw.length).equals(cut.raw), 'the beginning of the body')
  assert.throws(() => read(cut), /no signature fits/)
  await desk.settle('29s')
  assert.equal(receiver.take().length, 0)
  await desk.settle('1s')
  assert.deepEqual(receiver.take().map(read), [made[2]])
  assert.deepEqual((await desk.control('GET', '/webhooks/plan')).steps, [])
}

// schedule: a message that is never taken is repeated as documented, with the same id and bytes. Redirects are
// not followed.
async function schedule(desk, receiver, { recipe, one, offsets }) {
  const { secret } = await desk.listen(receiver.url, [one])
  receiver.answers = offsets.map((_, n) => [500, 302, 404][n % 3])
  await desk.cause()
  await desk.settle('240h')
  const got = receiver.take()
  assert.deepEqual([...new Set(got.map((m) => `${m.method} ${m.path}`))], ['POST /hooks'])
  assert.equal(new Set(got.map((m) => recipe.verify(m.raw, m.headers, secret).id)).size, 1)
  for (const m of got) assert.deepEqual(m.raw, got[0].raw)
  const [{ state, attempts }] = await desk.deliveries()
  assert.equal(state, 'failed')
  assert.deepEqual(attempts.map((a) => (Date.parse(a.at) - Date.parse(attempts[0].at)) / 1000), offsets)
  assert.equal(got.length, offsets.length)
}

// laterOn: ten days later on the sandbox's clock the signed time is still the receiver's, and on a repetition it
// is another one. The receiver answers when its clock shows more than what was signed.
async function laterOn(desk, receiver, { recipe, one, later }) {
  const { secret } = await desk.listen(receiver.url, [one])
  await desk.settle('240h')
  receiver.answers = [500, 500]
  receiver.hold = async (m) => {
    const next = later(recipe.timestamp(m.headers) + 1)
    while (Date.now() < next) await new Promise((done) => setTimeout(done, next - Date.now()))
  }
  await desk.cause()
  await desk.settle('24h')
  const got = receiver.take()
  assert.equal(got.length, 3)
  for (const m of got) {
    recipe.verify(m.raw, m.headers, secret)
    assert.deepEqual(m.raw, got[0].raw)
  }
  const at = got.map((m) => recipe.timestamp(m.headers))
  assert.ok(at[0] < at[1] && at[1] < at[2], `signed as of ${at}`)
}

// secrets: shown once, the emulator's own for endpoints of the control API, and another one after a rotation.
async function secrets(desk, receiver, { recipe, one, name }) {
  const made = await desk.listen(receiver.url, [one])
  assert.match(made.secret, /^whsec_/)
  assert.notEqual((await desk.endpoint(made.id)).secret, made.secret)
  await desk.control('POST', '/webhooks/endpoints', { provider: name, url: receiver.url, events: [one] })
  const { providers } = await desk.control('GET', '/info')
  const own = providers.find((p) => p.name === name).webhook_secret
  let secret = made.secret
  if (desk.rotate) {
    secret = (await desk.rotate(made.id)).secret
    assert.notEqual(secret, made.secret)
  }
  await desk.cause()
  await desk.settle()
  const got = receiver.take()
  assert.equal(got.length, 2)
  const takers = (key) => got.filter((m) => { try { return recipe.verify(m.raw, m.headers, key) } catch { return false } }).length
  assert.deepEqual([takers(secret), takers(own), secret === made.secret ? 0 : takers(made.secret)], [1, 1, 0])
}

try {
  assert.ok(process.env.LOCALCHECKOUT_URL, 'LOCALCHECKOUT_URL is not set')
  for (const traits of providers) await walk(traits)
} catch (e) {
  console.error(`FAILED ${step}:`, e)
  process.exit(1)
}
