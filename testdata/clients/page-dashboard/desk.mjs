// What the walk and the screenshots stand on: sessions made with the providers' API, a receiver of
// webhooks, and a browser.

import { createServer } from 'node:http'
import { chromium } from 'playwright-core'

export const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// Two further emulators: one that wants a token, and one whose control API is on an address of its own.
// Without them, what needs them fails by its name.
export const guarded = { url: process.env.LOCALCHECKOUT_GUARDED_URL, token: process.env.LOCALCHECKOUT_GUARDED_TOKEN }
export const apart = { url: process.env.LOCALCHECKOUT_APART_URL, control: process.env.LOCALCHECKOUT_APART_CONTROL_URL }
export const origins = [base, guarded.url, apart.url, apart.control].filter(Boolean)

export const sandbox = 'dashboard'

async function json(path, method, body, headers = {}) {
  const res = await fetch(base + path, {
    method, headers: { 'X-Sandbox': sandbox, ...(body && { 'Content-Type': 'application/json' }), ...headers }, body: body && JSON.stringify(body),
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`)
  return text && JSON.parse(text)
}

export const control = (method, path, body) => json(`/_control${path}`, method, body)

export const create = (fields = {}) =>
  json('/polar/v1/checkouts/', 'POST', { products: ['b3f3c9b1-1168-47b6-b178-2af9b468bad7'], ...fields }, {
    Authorization: `Bearer polar_oat_sandbox_${sandbox}`,
  })

// elsewhere makes one session of each other provider, and returns them by its name.
async function elsewhere() {
  const key = `sk_test_sandbox_${sandbox}`
  const item = { quantity: 2, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Rye loaf' } } }
  return {
    tilled: await json('/tilled/v1/checkout-sessions', 'POST', { line_items: [item], payment_intent_data: { payment_method_types: ['card'] } }, {
      'tilled-account': 'acct_CornerBakery000000001', 'tilled-api-key': key,
    }),
    leanrails: await json('/leanrails/v1/checkout_sessions', 'POST', {
      mode: 'payment', line_items: [{ price: 'price_3fg6hj9km1np0001', quantity: 2 }], success_url: 'https://shop.example/thanks',
    }, { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'Idempotency-Key': `desk-${process.pid}-${Date.now()}` }),
    bias: await json('/bias/v1/checkout_sessions', 'POST', { line_items: [{ price: 'price_dz1NVvl5CSogERkeA9Ng67', quantity: 2 }] }, { Authorization: `Bearer ${key}` }),
  }
}

// ask makes a request of the same merchant, and answers its status.
export const ask = async (method, path, body, headers = {}) =>
  (await fetch(`${base}/polar${path}`, {
    method,
    headers: { Authorization: `Bearer polar_oat_sandbox_${sandbox}`, ...(body && { 'Content-Type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  })).status

// openReceiver takes webhooks on a free loopback port, and answers each with the status it has then; those
// below /fails/ always fail.
export async function openReceiver() {
  const receiver = { status: 204, got: 0, types: [] }
  const server = createServer(async (req, res) => {
    receiver.got++
    let body = ''
    for await (const piece of req) body += piece
    receiver.types.push(body && JSON.parse(body).type)
    res.writeHead(req.url.includes('/fails/') ? 503 : receiver.status).end()
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks`
  receiver.close = () => server.close()
  return receiver
}

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--no-first-run', '--disable-dev-shm-usage',
    ],
  })

export const at = (view, box = sandbox) => `${base}/#/${box}/${view}`

// furnish fills the sandbox with a little of everything.
export async function furnish(receiver) {
  await control('POST', '/reset')
  await control('POST', '/clock/freeze')
  await control('POST', '/webhooks/endpoints', { provider: 'polar', url: receiver.url })
  const paid = await create({ customer_email: 'ada@example.com' })
  await control('POST', `/sessions/${paid.id}/decline`, { code: 'insufficient_funds', webhooks: 'before_redirect' })
  await control('POST', '/clock/advance', { by: '10m' })
  await control('POST', `/sessions/${paid.id}/pay`, { webhooks: 'before_redirect' })
  await control('POST', `/sessions/${(await create()).id}/expire`)
  await control('POST', `/sessions/${(await create()).id}/confirm`)
  const open = await create()
  await control('POST', '/clock/advance', { by: '0s' })
  await control('POST', '/faults', { match: { provider: 'polar', operation: 'getCheckout' }, effect: { status: 500 }, times: 2 })
  await ask('GET', `/v1/checkouts/${open.id}`)
  await ask('POST', '/v1/checkouts/', { products: 'bread', note: 'fresh' })
  const refused = (await control('GET', '/requests')).requests.at(-1)
  const delivery = (await control('GET', '/webhooks/deliveries')).deliveries[0]
  return { paid, open, refused, delivery }
}

// furnished is the same with a session of each provider, a plan, and what is longer than anything should be.
export async function furnished(receiver) {
  const desk = { ...(await furnish(receiver)), ...(await elsewhere()), ...(await lengthy(receiver)) }
  await control('PUT', '/webhooks/plan', { steps: [
    { match: { provider: 'polar', type: 'order.paid' }, do: 'duplicate' }, { do: 'delay', delay: '30s', times: 2 },
    { match: { type: 'checkout.expired' }, do: 'drop' },
  ] })
  return desk
}

// lengthy makes what is longer than anything should be, and a delivery that failed.
async function lengthy(receiver) {
  const word = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
  const name = `${word} und ${word}`
  const endpoint = await control('POST', '/webhooks/endpoints', { provider: 'polar', url: `${receiver.url}/fails/${word.repeat(3)}` })
  const long = await create({
    customer_name: name, customer_email: 'ada@example.com', success_url: `https://shop.example/${word.repeat(4)}`, metadata: { [word.slice(0, 40)]: name },
  })
  await control('POST', '/clock/advance', { by: '0s' })
  const plain = word.replace(/[^a-z]/gi, '')
  await ask('POST', `/v1/checkouts/${word.repeat(4)}?${word}=${word}`, { products: [name], note: word.repeat(6) }, { 'X-Note': plain.repeat(6) })
  const longRequest = (await control('GET', '/requests')).requests.at(-1)
  const failed = (await control('GET', `/webhooks/deliveries?endpoint=${endpoint.id}`)).deliveries[0]
  return { long, longRequest, failed }
}

// ready waits until a view shows what it has.
export const ready = (page) => page.waitForFunction(() => {
  const live = document.getElementById('live')
  return live && !live.hasAttribute('aria-busy') && document.querySelector('[data-testid=live]').dataset.state === 'on'
})
