// What a merchant makes beside sessions: products, customers, discounts, custom fields, checkout links, and its
// organization. Each is made, got, listed, changed and deleted by the SDK, whose types read every answer.

import assert from 'node:assert/strict'

const unknownID = '00000000-0000-4000-8000-000000000000'

// resources walks them all. tools are those of walk.mjs.
export async function resources(w, tools) {
  const product = await products(w, tools)
  const discount = await discounts(w, tools, product)
  await customFields(w, tools)
  await links(w, tools, product, discount)
  await customers(w, tools)
  await organizations(w, tools)
}

// everything goes through all that a resource can do; made is the body of a new one, changed that of an update.
async function everything(api, { has }, made, changed) {
  const one = await api.create(made)
  assert.ok(one.id && one.created_at, 'id and created_at')
  assert.deepEqual(await api.get(one.id), one, 'get')
  const page = await api.list({ limit: 100 })
  assert.deepEqual(page.items.find((o) => o.id === one.id), one, 'listed')
  assert.equal(page.pagination.total_count, page.items.length)
  const after = await api.update(one.id, changed)
  assert.ok(after.modified_at, 'modified_at')
  has(after, { id: one.id })
  return after
}

async function gone(api, id, { has, thrown }) {
  await api.remove(id)
  has(await thrown(api.get(id)), { class: 'ResourceNotFound', status: 404 })
}

// price is a fixed one, in the form of the version.
function price(traits, amount, currency = 'usd') {
  const older = traits.products ? {} : { type: 'one_time' }
  return { amount_type: 'fixed', price_amount: amount, price_currency: currency, ...older }
}

async function products({ traits, sdk, catalog }, tools) {
  tools.at('products')
  const api = sdk.products
  const page = await api.list({ limit: 100 })
  assert.deepEqual(catalog.products.map((p) => p.id).filter((id) => !page.items.some((p) => p.id === id)), [], 'products of the catalog that are not listed')
  for (const p of page.items) assert.deepEqual(await api.get(p.id), p)
  const product = await everything(api, tools,
    { name: 'Walked course', description: 'With a map', recurring_interval: null, metadata: { sku: 'W-1' }, prices: [price(traits, 1500), price(traits, 1400, 'eur')] },
    { name: 'Walked far', metadata: { sku: 'W-2' } })
  tools.has(product, { name: 'Walked far', description: 'With a map', metadata: { sku: 'W-2' }, is_recurring: false, is_archived: false, benefits: [], medias: [] })
  assert.deepEqual(product.prices.map((p) => p.price_amount), [1500, 1400])
  const repriced = await api.update(product.id, { prices: [{ id: product.prices[0].id }, price(traits, 1300, 'eur')] })
  assert.deepEqual(repriced.prices.map((p) => p.price_amount), [1500, 1300])
  assert.equal(repriced.prices[0].id, product.prices[0].id, 'the kept price')

  const benefit = page.items.flatMap((p) => p.benefits)[0]
  const given = await api.benefits(product.id, [benefit.id])
  assert.deepEqual(given.benefits, [benefit])
  if (traits.products) { // before, the interval stood at the price
    const club = await api.create({ name: 'Walked club', recurring_interval: 'year', prices: [price(traits, 9900)] })
    tools.has(club, { is_recurring: true, recurring_interval: 'year' })
    if (traits.deletes) await gone(api, club.id, tools)
  }
  tools.has(await tools.thrown(api.get(unknownID)), { class: 'ResourceNotFound', status: 404 })
  const e = await tools.thrown(api.create({ name: 'ab', recurring_interval: null, prices: [price(traits, 1500)] }))
  tools.has(e, { class: 'HTTPValidationError', status: 422 })
  tools.has(e.detail[0], { type: 'string_too_short', loc: ['body', 'one_time', 'name'] })
  tools.ok()
  return given
}

async function discounts({ traits, sdk, catalog }, tools, product) {
  tools.at('discounts')
  const api = sdk.discounts
  const { items } = await api.list({ limit: 100 })
  assert.deepEqual(catalog.discounts.filter((d) => !items.some((o) => o.id === d.id)), [], 'discounts of the catalog that are not listed')
  for (const body of [
    { type: 'fixed', duration: 'once', amount: 500, currency: 'usd' },
    { type: 'fixed', duration: 'repeating', duration_in_months: 3, amount: 500, currency: 'usd' },
    { type: 'percentage', duration: 'forever', basis_points: 1000 },
    { type: 'percentage', duration: 'repeating', duration_in_months: 3, basis_points: 1000, starts_at: '2026-01-01T00:00:00.000Z', ends_at: '2030-01-01T00:00:00.000Z', max_redemptions: 9 },
  ]) {
    if (!traits.amounts && body.duration === 'repeating') continue // those versions drop duration_in_months
    const made = await everything(api, tools, { name: 'Walked less', ...dated(body), products: [product.id] }, { name: 'Walked off' })
    const { starts_at, ends_at, ...plain } = body
    tools.has(made, { name: 'Walked off', code: null, redemptions_count: 0, ...plain })
    assert.equal(made.products[0].id, product.id)
    await gone(api, made.id, tools)
  }
  const kept = await api.create({ type: 'percentage', duration: 'once', basis_points: 1000, name: 'Ten', code: 'WALKED10' })
  tools.ok()
  return kept
}

// dated turns the times of a body into what the 0.x generation wants; the other takes the same.
function dated(body) {
  return Object.fromEntries(Object.entries(body).map(([k, v]) => [k, k.endsWith('_at') ? new Date(v) : v]))
}

async function customFields({ sdk }, tools) {
  tools.at('custom fields, by the merchant')
  const api = sdk.customFields
  for (const [type, properties] of Object.entries({
    text: { form_label: 'Grain', max_length: 9 }, number: { ge: 1, le: 9 }, date: { ge: 1735689600 }, checkbox: {}, select: { options: [{ value: 'rye', label: 'Rye' }] },
  })) {
    const made = await everything(api, tools, { type, slug: `walked_${type}`, name: 'Walked', properties }, { type, name: 'Walked on' })
    tools.has(made, { type, slug: `walked_${type}`, name: 'Walked on' })
    await gone(api, made.id, tools)
  }
  tools.ok()
}

async function links({ traits, sdk, base, control }, tools, product, discount) {
  tools.at('checkout links')
  const api = sdk.links
  const sold = traits.products ? { products: [product.id] } : { product_id: product.id }
  const made = await everything(api, tools,
    { payment_processor: 'stripe', ...sold, label: 'Walked', discount_id: discount.id, success_url: 'https://shop.test/thanks', metadata: { via: 'link' } },
    { label: 'Walked on', allow_discount_codes: false })
  tools.has(made, { label: 'Walked on', allow_discount_codes: false, success_url: 'https://shop.test/thanks', discount_id: discount.id, metadata: { via: 'link' } })
  tools.has(made.discount, { id: discount.id, basis_points: 1000 })
  assert.equal((made.products ?? [made.product])[0].id, product.id)
  assert.ok(made.url.startsWith(`${base}/s/${control.headers['x-sandbox']}/polar/v1/checkout-links/polar_cl_`), made.url)
  const opened = await fetch(`${made.url}?customer_email=ada@example.com&utm_source=walk`, { redirect: 'manual' })
  assert.equal(opened.status, 307)
  const secret = new URL(opened.headers.get('location')).pathname.split('/').at(-1)
  tools.has(await sdk.clientGet(secret), { status: 'open', product_id: product.id, discount_id: discount.id, customer_email: 'ada@example.com', total_amount: 1350 })
  await gone(api, made.id, tools)
  tools.ok()
}

async function customers({ sdk, catalog, control, traits }, tools) {
  tools.at('customers')
  const api = sdk.customers
  for (const c of (await api.list({ limit: 100 })).items) assert.deepEqual(await api.get(c.id), c)
  const tax = traits.tax ? { tax_id: 'FR61954506077' } : {} // before, it was sent as a pair, which is refused by now
  const made = await everything(api, tools,
    { email: 'walked@example.com', name: 'Walked', external_id: 'usr_walked', metadata: { tier: 'gold' }, billing_address: { country: 'FR' }, ...tax },
    { name: 'Walked On' })
  tools.has(made, { email: 'walked@example.com', name: 'Walked On', metadata: traits.maps ? { tier: 'gold' } : {}, tax_id: traits.tax ? ['FR61954506077', 'eu_vat'] : null })
  tools.has(made.billing_address, { country: 'FR' })
  const e = await tools.thrown(api.create({ email: 'Walked@example.com' }))
  tools.has(e, { class: 'HTTPValidationError', status: 422 })
  tools.has(e.detail[0], { type: 'value_error', loc: ['body', 'email'], msg: 'A customer with this email address already exists.' })

  const session = await sdk.create({ ...(traits.products ? { products: [catalog.monthly.id] } : { product_id: catalog.monthly.id }), customer_id: made.id })
  await control.post(`/sessions/${session.id}/pay`, {})
  if (api.state) {
    const state = await api.state(made.id)
    tools.has(state, { id: made.id, granted_benefits: [] })
    tools.has(state.active_subscriptions[0], { status: 'active', product_id: catalog.monthly.id })
  }
  if (!api.external) {
    await gone(api, made.id, tools)
    return tools.ok()
  }
  assert.equal((await api.external.get('usr_walked')).id, made.id)
  assert.equal((await api.external.state('usr_walked')).id, made.id)
  tools.has(await api.external.update('usr_walked', { name: 'Walked Back' }), { name: 'Walked Back', external_id: 'usr_walked' })
  await api.external.remove('usr_walked')
  tools.has(await tools.thrown(api.external.get('usr_walked')), { class: 'ResourceNotFound', status: 404 })
  tools.has(await sdk.get(session.id), { status: 'succeeded', customer_id: made.id })
  tools.ok()
}

async function organizations({ sdk, catalog }, tools) {
  tools.at('organizations')
  const api = sdk.organizations
  const mine = await api.get(catalog.product.organization_id)
  if (api.list) assert.deepEqual((await api.list({})).items, [mine])
  tools.has(await api.update(mine.id, { name: 'Walked Bakery' }), { name: 'Walked Bakery', slug: mine.slug })
  tools.ok()
}
