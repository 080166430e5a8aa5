// Every state by keyboard, for axe-core, on a desk and on a phone.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { base, create, url } from './shop.mjs'
import { at, leave, shop, step, visit } from './stage.mjs'
import { states } from './states.mjs'

export async function access() {
  await step('every control is reached by keyboard and shows it', async () => {
    const made = await create.polar(shop.origin)
    const page = await visit(await url(made))
    const controls = await page.locator('a[href], button, input:not([type=hidden]), select, textarea, summary').evaluateAll((all) => all.filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length)
    const seen = new Set()
    for (let i = 0; i < controls; i++) {
      await page.keyboard.press('Tab')
      const { id, outline } = await page.evaluate(() => ({ id: document.activeElement.dataset.testid, outline: getComputedStyle(document.activeElement).outlineStyle }))
      assert.equal(outline, 'solid', `${id} does not show the focus`)
      seen.add(id)
    }
    assert.equal(seen.size, controls)
    await leave(page)
  })

  await step('every state: nothing for axe-core and no wider than the screen, on a desk or on a phone, light or dark', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    for (const [name, open] of states) {
      const page = await visit('')
      await open(page, shop.origin)
      const shown = page.frames().find((frame) => frame.url().startsWith(base)) ?? page.mainFrame()
      await shown.evaluate(axe)
      for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        const { violations, passes } = await shown.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
        assert.deepEqual(violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], `${name} at ${width}, ${colorScheme}`)
        assert.ok(passes.some((rule) => rule.id === 'color-contrast'), `${name}: axe did not look`)
        const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(wide <= 0, `${name} is ${wide} px too wide at ${width}`)
      }
      await page.context().close()
    }
  })
}
