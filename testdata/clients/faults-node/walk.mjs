// Sees each connection fault of a running localcheckout with Node's own clients, fetch and node:http,
// by the symptom that programs get.
import assert from 'node:assert/strict'
import http from 'node:http'

const url = process.env.LOCALCHECKOUT_URL + '/s/faults-node/tilled/v1/checkout-sessions'
const body = JSON.stringify({
  line_items: [{ price_data: { currency: 'usd', product_data: { name: 'x' }, unit_amount: 100 }, quantity: 1 }],
  payment_intent_data: { payment_method_types: ['card'] },
})
const headers = { 'content-type': 'application/json', 'tilled-account': 'acct_1', 'tilled-api-key': 'sk_test_1' }
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

const faulted = (fault) => (fault ? { ...headers, 'x-fault': fault } : headers)

/** By fetch: the status and the text, or the cause of what was thrown. */
async function byFetch(fault, signal) {
  try {
    const resp = await fetch(url, { method: 'POST', body, headers: faulted(fault), signal })
    return { status: resp.status, headers: resp.headers, text: await resp.text() }
  } catch (e) {
    return { error: e.cause ?? e }
  }
}

/** By node:http on a kept connection. */
function byHttp(fault, timeout) {
  return new Promise((done) => {
    const req = http.request(url, { method: 'POST', agent, timeout, headers: { ...faulted(fault), 'content-length': Buffer.byteLength(body) } })
    req.on('error', (error) => done({ error }))
    req.on('timeout', () => req.destroy(Object.assign(new Error('timed out'), { code: 'TIMEOUT' })))
    req.on('response', (resp) => {
      let text = ''
      resp.on('data', (piece) => (text += piece))
      resp.on('error', (error) => done({ status: resp.statusCode, text, error }))
      resp.on('end', () => done({ status: resp.statusCode, text }))
    })
    req.end(body)
  })
}

const code = (...codes) => ({ error }) => assert.ok(codes.includes(error?.code), `${error?.code} ${error}; want ${codes}`)
const made = ({ status, text, error }) => {
  assert.ifError(error)
  assert.equal(status, 201)
  assert.equal(JSON.parse(text).status, 'open')
}

// [fault, by fetch (undici), by node:http]
const table = [
  ['reset', code('ECONNRESET'), code('ECONNRESET')],
  [
    'empty',
    code('UND_ERR_SOCKET'),
    ({ error }) => {
      assert.equal(error?.code, 'ECONNRESET')
      assert.equal(error.message, 'socket hang up')
    },
  ],
  ['garbage', ({ error }) => assert.match(`${error?.code} ${error?.name}`, /HPE_|HTTPParserError/), ({ error }) => assert.match(`${error?.code}`, /^HPE_/)],
  [
    'truncate=20',
    ({ error }) => assert.equal(error?.code, 'UND_ERR_SOCKET'),
    ({ status, text, error }) => {
      assert.equal(status, 201)
      assert.equal(text.length, 20)
      assert.equal(error?.code, 'ECONNRESET')
    },
  ],
  ['drip=200/2ms', made, made],
  ['delay=20ms', made, made],
  ['status=503', ({ status }) => assert.equal(status, 503), ({ text }) => assert.equal(JSON.parse(text).statusCode, 503)],
  ['rate_limit=5/7s', (r) => assert.equal(r.headers.get('retry-after'), '7'), ({ status }) => assert.equal(status, 429)],
]
for (const [fault, fetched, requested] of table) {
  for (const [by, call, seen] of [['fetch', byFetch, fetched], ['node:http', byHttp, requested]]) {
    made(await call(''))
    try {
      seen(await call(fault))
    } catch (e) {
      e.message = `${fault} by ${by}: ${e.message}`
      throw e
    }
  }
}
// A hang is a time-out of the caller's.
assert.equal((await byFetch('hang', AbortSignal.timeout(300))).error.name, 'TimeoutError')
assert.equal((await byHttp('hang', 300)).error.code, 'TIMEOUT')
agent.destroy()
console.log('every fault was seen')
