// A journey with the types that openapi-typescript makes of the document that the server serves, through
// openapi-fetch: a Polar session is created as an application does, then paid, refused and looked at by
// control calls. The compiler checks every path, body and member against the document.
import createClient from 'openapi-fetch'
import type { paths } from './control.d.ts'

declare const process: { env: Record<string, string | undefined> }

function check(condition: unknown, what: string, seen?: unknown): asserts condition {
  if (!condition) throw new Error(`${what}: ${JSON.stringify(seen)}`)
}

const base = process.env.LOCALCHECKOUT_URL
const sandbox = 'control-js'
const control = createClient<paths>({ baseUrl: `${base}/_control`, headers: { 'X-Sandbox': sandbox } })

const reset = await control.POST('/reset')
check(reset.response.status === 204, 'reset', reset.error)

const info = await control.GET('/info')
check(info.data?.sandbox === sandbox, 'info', info)
const polar = info.data.providers.find((p) => p.name === 'polar')
check(polar, 'polar is not among the providers', info.data)

const catalog = await control.GET('/fixtures')
const product = catalog.data?.polar?.products?.[0]
check(product, 'the catalog has no product', catalog.error)

const created = await fetch(`${polar.base_url}/v1/checkouts/`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${polar.credential}`, 'Content-Type': 'application/json' },
  body: JSON.stringify({ products: [product.id] }),
})
const { id } = (await created.json()) as { id: string }
check(created.status === 201 && id, 'create', created.status)

const params = { path: { id } }
const later = await control.POST('/sessions/{id}/pay', { params, body: { after: '10m' } })
check(later.data?.session.status === 'open', 'pay', later)
const clock = await control.POST('/clock/advance', { body: { by: 'PT10M' } })
check(clock.data && clock.data.fired.length > 0, 'advance', clock)

const refused = await control.POST('/sessions/{id}/expire', { params })
check(refused.response.status === 409 && refused.error?.allowed?.includes('force'), 'expire a paid session', refused)

const session = await control.GET('/sessions/{id}', { params })
check(session.data?.status === 'succeeded' && session.data.allowed.includes('force'), 'session', session)

const events = await control.GET('/events', { params: { query: { session: id, type: 'session.succeeded' } } })
check(events.data?.events.length === 1 && events.data.events[0]?.session === id, 'events', events)

console.log('generated types: created, paid, refused, looked at')
