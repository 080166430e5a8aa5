// Takes a picture of every state of the page, at the widths of a phone and of a desk, light and dark.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node screenshots.mjs <folder> [state]

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser, openShop } from './shop.mjs'
import { states } from './states.mjs'

const [folder = 'screenshots', only] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
const shop = await openShop()
const browser = await openBrowser()
for (const [name, open] of states) {
  if (only && only !== name) continue
  const page = await browser.newPage()
  await open(page, shop.origin)
  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    }
  }
  await page.close()
  console.log(name)
}
await browser.close()
shop.close()
