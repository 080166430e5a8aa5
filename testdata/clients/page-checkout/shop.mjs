// What the walk and the screenshots stand on: a merchant's server that makes sessions with each
// provider's API, a merchant's site on a port of its own, and a browser that reaches nothing else.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

export const sandbox = 'page'

async function json(path, { method = 'GET', body, headers = {} } = {}) {
  const res = await fetch(base + path, {
    method,
    headers: { 'X-Sandbox': sandbox, ...(body && { 'Content-Type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`)
  return text && JSON.parse(text)
}

export const control = (method, path, body) => json(`/_control${path}`, { method, body })

let keys = 0
// Each provider's way to make a session that leads back to a site; fields go into the body.
export const create = {
  polar: (site, fields = {}) =>
    json('/polar/v1/checkouts/', {
      method: 'POST',
      headers: { Authorization: 'Bearer polar_oat_page' },
      body: { products: ['b3f3c9b1-1168-47b6-b178-2af9b468bad7'], success_url: `${site}/thanks?checkout={CHECKOUT_ID}`, return_url: `${site}/cart`, ...fields },
    }),
  tilled: (site, fields = {}) =>
    json('/tilled/v1/checkout-sessions', {
      method: 'POST',
      headers: { 'tilled-account': 'acct_CornerBakery000000001', 'tilled-api-key': 'sk_test_page' },
      body: {
        line_items: [
          { quantity: 2, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Rye loaf', description: 'Baked this morning' } } },
          { quantity: 1, price_data: { currency: 'usd', unit_amount: 400, product_data: { name: 'Linen bag' } } },
        ],
        payment_intent_data: { payment_method_types: ['card'] },
        success_url: `${site}/thanks`,
        cancel_url: `${site}/cart`,
        ...fields,
      },
    }),
  leanrails: (site, fields = {}) =>
    json('/leanrails/v1/checkout_sessions', {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from('sk_test_page:').toString('base64')}`, 'Idempotency-Key': `page-${process.pid}-${Date.now()}-${keys++}` },
      body: {
        mode: 'payment',
        line_items: [{ price: 'price_3fg6hj9km1np0001', quantity: 2 }],
        success_url: `${site}/thanks?session={CHECKOUT_SESSION_ID}`,
        cancel_url: `${site}/cart`,
        ...fields,
      },
    }),
  bias: (site, fields = {}) =>
    json('/bias/v1/checkout_sessions', {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_page' },
      body: { line_items: [{ price: 'price_dz1NVvl5CSogERkeA9Ng67', quantity: 2 }], ...fields },
    }),
}

export const session = (id) => control('GET', `/sessions/${id}`)
export const url = async (made) => (await session(made.id)).url
export const advance = (by) => control('POST', '/clock/advance', { by })

// events lists what happened to a session, in the control API's words.
export async function events(id) {
  return (await control('GET', '/events')).events.filter((e) => e.session === id).map((e) => e.type)
}

// openShop serves the merchant's site on a free loopback port: any path, the pages that hold a frame, and
// /hooks, which takes webhooks.
export async function openShop() {
  const script = fileURLToPath(new URL('./node_modules/@polar-sh/checkout/dist/embed.global.js', import.meta.url))
  const log = [] // what came, in order: "thanks", or the type of a webhook
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url, 'http://shop')
    if (pathname === '/hooks') {
      let body = ''
      for await (const piece of req) body += piece
      log.push(JSON.parse(body).type)
      return res.writeHead(204).end()
    }
    if (pathname === '/thanks') log.push('thanks')
    const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
    res.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` })
    if (['/embed.html', '/frame.html'].includes(pathname)) {
      return res.end(String(await readFile(fileURLToPath(new URL(`.${pathname}`, import.meta.url)))).replaceAll('{{base}}', base))
    }
    if (pathname === '/embed.global.js') return res.end(await readFile(script))
    res.end(`<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><h1>${pathname.slice(1).replace(/[^a-z]/g, '')}</h1>`)
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const origin = `http://127.0.0.1:${server.address().port}`
  return { origin, hooks: `${origin}/hooks`, log, close: () => server.close() }
}

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--no-first-run', '--disable-dev-shm-usage',
    ],
  })
