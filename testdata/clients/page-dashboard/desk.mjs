// What the walk and the screenshots stand on: sessions made with the providers' API, a receiver of
// webhooks, and a browser.

import { createServer } from 'node:http'
import { chromium } from 'playwright-core'

export const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

export const sandbox = 'dashboard'

async function json(path, method, body, headers = {}) {
  const res = await fetch(base + path, { method, headers: { 'X-Sandbox': sandbox, ...(body && { 'Content-Type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) })
  const text = await res.text()
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`)
  return text && JSON.parse(text)
}

export const control = (method, path, body) => json(`/_control${path}`, method, body)

export const create = (fields = {}) =>
  json('/polar/v1/checkouts/', 'POST', { products: ['b3f3c9b1-1168-47b6-b178-2af9b468bad7'], ...fields }, { Authorization: `Bearer polar_oat_sandbox_${sandbox}` })

// ask makes a request of the same merchant, and answers its status.
export const ask = async (method, path, body) =>
  (await fetch(`${base}/polar${path}`, { method, headers: { Authorization: `Bearer polar_oat_sandbox_${sandbox}`, ...(body && { 'Content-Type': 'application/json' }) }, body: body && JSON.stringify(body) })).status

// openReceiver takes webhooks on a free loopback port, and answers each with the status it has then.
export async function openReceiver() {
  const receiver = { status: 204, got: 0 }
  const server = createServer((req, res) => {
    receiver.got++
    req.resume()
    res.writeHead(receiver.status).end()
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks`
  receiver.close = () => server.close()
  return receiver
}

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-dev-shm-usage'],
  })

export const at = (view) => `${base}/#/${sandbox}/${view}`

// furnish fills the sandbox with a little of everything, and returns where each view is.
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
  return {
    paid, open, refused, delivery,
    views: [
      ['start', 'start'], ['sessions', 'sessions'], ['sessions-none', 'sessions?status=failed'], ['session', `sessions/${paid.id}`], ['session-open', `sessions/${open.id}`], ['session-unknown', 'sessions/nobody'],
      ['requests', 'requests'], ['request', `requests/${refused.n}`], ['deliveries', 'deliveries'], ['delivery', `deliveries/${delivery.id}`],
      ['clock', 'clock'], ['faults', 'faults'], ['catalog', 'catalog'], ['sandboxes', 'sandboxes'],
    ],
  }
}

// ready waits until a view shows what it has.
export const ready = (page) => page.waitForFunction(() => {
  const live = document.getElementById('live')
  return live && !live.hasAttribute('aria-busy') && document.querySelector('[data-testid=live]').dataset.state === 'on'
})
