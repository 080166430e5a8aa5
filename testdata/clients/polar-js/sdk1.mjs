// The 1.x generation: functions per API version, the wire's own snake_case, answers not checked.

// open answers the client of require's SDK in the words of walk.mjs.
export function open(require, baseUrl, accessToken) {
  const { createPolar, errors } = require('@polar-sh/sdk/2026-10')
  const polar = createPolar({ baseUrl, accessToken })
  const { checkouts } = polar
  const call = async (promise) => {
    try {
      return await promise
    } catch (e) {
      e.described = describe(errors, e)
      throw e
    }
  }
  const resource = (api) => ({
    list: (query) => call(api.list(query)),
    create: (fields) => call(api.create(fields)),
    get: (id) => call(api.get(id)),
    update: (id, fields) => call(api.update(id, fields)),
    remove: (id) => call(api.delete(id)),
  })
  return {
    products: { ...resource(polar.products), benefits: (id, benefits) => call(polar.products.updateBenefits(id, { benefits })) },
    customers: {
      ...resource(polar.customers),
      state: (id) => call(polar.customers.getState(id)),
      external: {
        get: (id) => call(polar.customers.getExternal(id)),
        state: (id) => call(polar.customers.getStateExternal(id)),
        update: (id, fields) => call(polar.customers.updateExternal(id, fields)),
        remove: (id) => call(polar.customers.deleteExternal(id)),
      },
    },
    discounts: resource(polar.discounts),
    customFields: resource(polar.customFields),
    links: resource(polar.checkoutLinks),
    organizations: resource(polar.organizations),
    create: (fields) => call(checkouts.create(fields)),
    get: (id) => call(checkouts.get(id)),
    update: (id, fields) => call(checkouts.update(id, fields)),
    clientGet: (secret) => call(checkouts.clientGet(secret)),
    clientUpdate: (secret, fields) => call(checkouts.clientUpdate(secret, fields)),
    clientConfirm: (secret, fields) => call(checkouts.clientConfirm(secret, fields)),
    page: (query) => call(checkouts.list(query)),
    all: async (query) => {
      const items = []
      for await (const item of checkouts.iterList(query)) items.push(item)
      return items
    },
  }
}

// describe names the SDK's own class of an error; undefined for what is not an answer of the server.
function describe(errors, e) {
  const name = Object.keys(errors).find((n) => e instanceof errors[n])
  if (name) return { class: name, status: e.statusCode, error: e.error.error, detail: e.error.detail }
  return undefined
}
