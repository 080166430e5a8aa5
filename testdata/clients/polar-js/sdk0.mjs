// The 0.x generation: generated classes, camelCase, answers checked by zod.

// open answers the client of require's SDK in the words of walk.mjs.
export function open(require, serverURL, accessToken) {
  const { Polar } = require('@polar-sh/sdk')
  const polar = new Polar({ serverURL, accessToken })
  // Up to 0.21 the sessions are called custom checkouts.
  const checkouts = polar.checkouts.custom ?? polar.checkouts
  const call = async (promise) => {
    try {
      return await promise
    } catch (e) {
      e.described = describe(require, e)
      throw e
    }
  }
  const one = async (promise) => snake(await call(promise))
  const resource = (api, update) => ({
    list: api.list && (async (query) => snake((await call(api.list(camel(query)))).result)),
    create: (fields) => one(api.create(camel(fields))),
    get: (id) => one(api.get({ id })),
    update: (id, fields) => one(api.update({ id, [update]: camel(fields) })),
    remove: (id) => call(api.delete({ id })),
  })
  return {
    products: {
      ...resource(polar.products, 'productUpdate'),
      benefits: (id, benefits) => one(polar.products.updateBenefits({ id, productBenefitsUpdate: { benefits } })),
    },
    customers: {
      ...resource(polar.customers, 'customerUpdate'),
      // What a version does not have is undefined. The body of updateExternal has changed its name.
      state: polar.customers.getState && ((id) => one(polar.customers.getState({ id }))),
      external: polar.customers.getExternal && {
        get: (externalId) => one(polar.customers.getExternal({ externalId })),
        state: (externalId) => one(polar.customers.getStateExternal({ externalId })),
        update: (externalId, fields) => one(polar.customers.updateExternal({ externalId, customerUpdate: camel(fields), customerUpdateExternalID: camel(fields) })),
        remove: (externalId) => call(polar.customers.deleteExternal({ externalId })),
      },
    },
    discounts: resource(polar.discounts, 'discountUpdate'),
    customFields: resource(polar.customFields, 'customFieldUpdate'),
    links: resource(polar.checkoutLinks, 'checkoutLinkUpdate'),
    organizations: resource(polar.organizations, 'organizationUpdate'),
    create: (fields) => one(checkouts.create(camel(fields))),
    get: (id) => one(checkouts.get({ id })),
    // The SDK's own retries, as fast as they can be.
    getRetrying: (id) => one(checkouts.get({ id }, {
      retries: { strategy: 'backoff', backoff: { initialInterval: 1, maxInterval: 5, exponent: 1.1, maxElapsedTime: 10_000 } }, retryCodes: ['5XX'],
    })),
    update: (id, fields) => one(checkouts.update({ id, checkoutUpdate: camel(fields) })),
    clientGet: (clientSecret) => one(checkouts.clientGet({ clientSecret })),
    clientUpdate: (clientSecret, fields) => one(checkouts.clientUpdate({ clientSecret, checkoutUpdatePublic: camel(fields) })),
    clientConfirm: (clientSecret, fields) => one(checkouts.clientConfirm({ clientSecret, checkoutConfirmStripe: camel(fields) })),
    page: async (query) => snake((await call(checkouts.list(camel(query)))).result),
    all: async (query) => {
      const items = []
      for await (const page of await call(checkouts.list(camel(query)))) items.push(...page.result.items)
      return snake(items)
    },
  }
}

// declared are the error classes a walk knows, and the status that each is for.
const declared = {
  PaymentError: 400,
  NotOpenCheckout: 403,
  ResourceNotFound: 404,
  ExpiredCheckoutError: 410,
  HTTPValidationError: 422,
}

// describe names the SDK's own class of an error; undefined for what is not an answer of the server.
function describe(require, e) {
  const is = (name) => {
    try {
      return e instanceof require(`@polar-sh/sdk/models/errors/${name.toLowerCase()}.js`)[name]
    } catch {
      return false // this version has no such class
    }
  }
  for (const [name, status] of Object.entries(declared)) {
    if (is(name)) return { class: name, status: e.statusCode ?? status, error: e.data$.error, detail: e.data$.detail }
  }
  if (!is('SDKError')) return undefined
  const body = e.body.startsWith('{') ? JSON.parse(e.body) : {}
  return { class: 'SDKError', status: e.statusCode, error: body.error, detail: body.detail }
}

// The keys in these are the caller's own.
const caseless = new Set(['metadata', 'customer_metadata', 'customerMetadata', 'custom_field_data', 'customFieldData'])

function rename(value, to) {
  if (value instanceof Date) return to === toSnake ? value.toISOString() : value
  if (Array.isArray(value)) return value.map((v) => rename(v, to))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [to(k), caseless.has(k) ? v : rename(v, to)]))
}

const toSnake = (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

function snake(value) {
  return rename(value, toSnake)
}

function camel(value) {
  return rename(value, (key) => key.replace(/_([a-z])/g, (_, c) => c.toUpperCase()))
}
