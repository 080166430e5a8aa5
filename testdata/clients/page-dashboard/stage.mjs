// How a step looks at the dashboard: pages that complain of whatever should not happen.

import assert from 'node:assert/strict'
import { at, openBrowser, origins, ready } from './desk.mjs'

export const browser = await openBrowser()

// step prints one line; the first that fails ends the program with status 1.
export async function step(name, run) {
  try {
    await run()
    console.log(`ok ${name}`)
  } catch (err) {
    console.error(`FAILED ${name}: ${err?.stack ?? err}`)
    await browser.close()
    process.exit(1)
  }
}

// open makes a page that fails on script errors, on what its policy stops, and on requests to anywhere
// else than localcheckout. Without an address it stays empty.
export async function open(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.complaints = []
  page.asked = []
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  page.on('console', (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && page.complaints.push(message.text()))
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.protocol === 'data:' || to.protocol === 'blob:') return
    page.asked.push(to.pathname)
    if (!origins.includes(to.origin)) page.complaints.push(`asked for ${to.href}`)
  })
  if (address) await page.goto(address)
  return page
}

// visit opens a view of the suite's sandbox.
export async function visit(view, options) {
  const page = await open(at(view), options)
  await ready(page)
  return page
}

export async function leave(page) {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

export const el = (page, id) => page.getByTestId(id)
export const says = (page, words) => page.waitForFunction((text) => document.querySelector('[data-testid=message]').textContent.includes(text), words)
export const text = (page, id, words) =>
  page.waitForFunction(([id, words]) => document.querySelector(`[data-testid="${id}"]`)?.textContent.includes(words), [id, words])
