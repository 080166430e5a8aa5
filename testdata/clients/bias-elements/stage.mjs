// The stage of the walk: a page of a merchant, the secure fields, and a browser that can reach nothing
// else than those two and localcheckout.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' }

// files serves this folder on a free loopback port and returns the origin.
async function files() {
  const server = createServer(async (req, res) => {
    const path = new URL(req.url, 'http://localhost').pathname
    try {
      const body = await readFile(fileURLToPath(new URL(`.${path}`, import.meta.url)))
      res.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream' }).end(body)
    } catch {
      res.writeHead(404).end()
    }
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

// Stage opens pages with the elements in it. refused has the addresses that were asked for in vain.
export class Stage {
  refused = new Set()

  static async open(api) {
    const stage = new Stage()
    stage.api = api
    stage.shop = await files()
    stage.fields = await files() // of another origin than the page, as Bias' are
    stage.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
    })
    return stage
  }

  async close() {
    await this.browser.close()
    this.shop.close()
    this.fields.close()
  }

  // visit opens the page for a client secret. Requests to localcheckout are the browser's own, preflights
  // included; only what would leave the machine is stopped.
  async visit(secret, { shipping = false } = {}) {
    const page = await this.browser.newPage()
    await page.route(
      (url) => ![this.shop.origin, this.fields.origin, new URL(this.api).origin].includes(url.origin),
      (route) => {
        this.refused.add(new URL(route.request().url()).origin)
        return route.abort()
      },
    )
    page.failures = []
    page.on('pageerror', (err) => page.failures.push(String(err)))
    const query = new URLSearchParams({ secret, api: this.api, frame: `${this.fields.origin}/frame.html` })
    if (shipping) query.set('shipping', '1')
    await page.goto(`${this.shop.origin}/page.html?${query}`)
    await page.waitForFunction(() => window.controller)
    return page
  }
}
