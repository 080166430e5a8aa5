// The wire's words and those of the 0.x SDKs.

// The keys in these are the caller's own.
const caseless = new Set(['metadata', 'custom_field_data', 'customFieldData'])

function rename(value, to) {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((v) => rename(v, to))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [to(k), caseless.has(k) ? v : rename(v, to)]))
}

export const snake = (value) => rename(value, (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`))
export const camel = (value) => rename(value, (key) => key.replace(/_([a-z])/g, (_, c) => c.toUpperCase()))
