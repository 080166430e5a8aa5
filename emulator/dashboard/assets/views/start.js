// What a newcomer needs: base URLs, credentials, a command that makes the first session.

import { get, page } from '../api.js'
import { snippet } from '../actions.js'
import { facts, h, hash, link } from '../elements.js'

// Names of environment variables for the address and the key of each provider.
const variables = {
  polar: ['POLAR_SERVER_URL', 'POLAR_ACCESS_TOKEN'],
  tilled: ['TILLED_BASE_PATH', 'TILLED_SECRET_KEY'],
  bias: ['BIAS_API_URL', 'BIAS_SECRET_KEY'],
  leanrails: ['LEANRAILS_API_URL', 'LEANRAILS_SECRET_KEY'],
}

// first is the request that makes a session: path, headers, body, of a provider p and its catalog c.
const first = {
  polar: (p, c) => ['/v1/checkouts/', [`Authorization: Bearer ${p.credential}`], { products: [c.products?.[0]?.id] }],
  tilled: (p, c) => ['/v1/checkout-sessions', [`tilled-account: ${c.accounts?.[0]?.id}`, `tilled-api-key: ${p.credential}`], {
    line_items: [{ quantity: 2, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Rye loaf' } } }],
    payment_intent_data: { payment_method_types: ['card'] },
  }],
  leanrails: (p, c) => ['/v1/checkout_sessions', [`Authorization: Basic ${btoa(`${p.credential}:`)}`, `Idempotency-Key: first-${c.prices?.[0]?.id}`], {
    mode: 'payment', line_items: [{ price: c.prices?.[0]?.id, quantity: 2 }], success_url: 'https://shop.example/thanks',
  }],
  bias: (p, c) => ['/v1/checkout_sessions', [`Authorization: Bearer ${p.credential}`], { line_items: [{ price: c.prices?.[0]?.id, quantity: 2 }] }],
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

function firstCurl(p, catalog) {
  const [below, headers, body] = first[p.name](p, catalog[p.name] ?? {})
  const lines = [...headers, 'Content-Type: application/json'].map((text) => `  -H ${quoted(text)}`)
  return [`curl ${quoted(p.base_url + below)}`, ...lines, `  -d ${quoted(JSON.stringify(body))}`].join(' \\\n')
}

function environment(p) {
  const upper = p.name.toUpperCase()
  const [url, key] = variables[p.name] ?? [`${upper}_API_URL`, `${upper}_API_KEY`]
  return [`${url}=${p.base_url}`, `${key}=${p.credential}`, p.webhook_secret && `${upper}_WEBHOOK_SECRET=${p.webhook_secret}`].filter(Boolean).join('\n')
}

const box = (p, catalog) => h('section', { class: 'box', test: `start-${p.name}`, 'aria-label': p.name },
  h('h2', {}, p.name),
  facts(['Base URL', h('code', {}, p.base_url), `base-${p.name}`], ['Credential', h('code', {}, p.credential)],
    p.webhook_secret && ['Webhook secret', h('code', {}, p.webhook_secret)]),
  snippet('Environment', environment(p), `env-${p.name}`),
  first[p.name] && snippet('First session', firstCurl(p, catalog), `curl-${p.name}`))

export const start = {
  title: 'Start here', nav: 'Start',
  load: async () => ({ info: page.info, catalog: await get('/fixtures'), sessions: (await get('/sessions?limit=1')).total }),
  draw: ({ info, catalog, sessions }) => [
    h('p', {}, 'Point your application at a base URL below and leave everything else as it is. What it does appears here at once. ',
      sessions ? link(hash('sessions'), `${sessions} ${sessions === 1 ? 'session' : 'sessions'} so far`, 'start-sessions')
        : 'There is no session yet: the curl command of a provider makes the first.'),
    info.providers.map((p) => box(p, catalog)),
  ],
}
