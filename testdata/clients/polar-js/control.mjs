// The control side of a walk: the sandbox's own calls, and what the walk needs of the catalog.

import assert from 'node:assert/strict'

// Control calls /_control of one sandbox.
export class Control {
  constructor(base, sandbox) {
    this.base = base
    this.headers = { 'content-type': 'application/json', 'x-sandbox': sandbox }
  }

  get(path) {
    return this.#call('GET', path)
  }

  post(path, body) {
    return this.#call('POST', path, body)
  }

  async #call(method, path, body) {
    const url = `${this.base}/_control${path}`
    const answer = await fetch(url, { method, headers: this.headers, body: body && JSON.stringify(body) })
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${url} = ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

// pickCatalog finds, by what they are and not by id, the products and the discounts of a walk.
export function pickCatalog({ polar }) {
  const products = polar.products.filter((p) => !p.is_archived && p.visibility !== 'draft')
  const discounts = polar.discounts.filter((d) => !d.products.length && !d.starts_at && !d.ends_at && d.redemptions_count !== d.max_redemptions)
  const find = (what, list, test) => list.find(test) ?? assert.fail(`the catalog has no ${what}`)
  const fixed = (p) => p.prices[0].amount_type === 'fixed' && p.prices[0].price_amount > 0 && !p.attached_custom_fields.length
  return {
    products,
    discounts,
    product: find('one-time product', products, (p) => !p.is_recurring && fixed(p)),
    monthly: find('monthly product', products, (p) => p.recurring_interval === 'month' && fixed(p)),
    custom: find('pay-what-you-want product', products, (p) => p.prices[0].amount_type === 'custom'),
    free: find('free product', products, (p) => !p.is_recurring && p.prices[0].price_amount === 0),
    form: find('product with required custom fields', products, (p) => p.attached_custom_fields.some((f) => f.required)),
    discount: find('percentage discount with a code', discounts, (d) => d.type === 'percentage' && d.code && d.duration === 'once' && d.basis_points < 10000),
  }
}

// answersTo fills in the required custom fields of a product.
export function answersTo(product) {
  const answer = {
    text: () => 'Analytical Engines',
    number: ({ properties }) => properties.ge ?? 1,
    checkbox: () => true,
    select: ({ properties }) => properties.options[0].value,
  }
  const required = product.attached_custom_fields.filter((f) => f.required).map((f) => f.custom_field)
  return Object.fromEntries(required.map((field) => [field.slug, answer[field.type](field)]))
}

// discounted is what a discount takes off an amount, in minor units; half of one rounds up.
export function discounted(amount, discount) {
  if (discount.type === 'fixed') return Math.min(discount.amount, amount)
  return Math.floor((amount * discount.basis_points + 5000) / 10000)
}
