// Takes a picture of every view, at the widths of a phone and of a desk, light and dark.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node screenshots.mjs <folder> [view]

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { at, furnish, openBrowser, openReceiver, ready } from './desk.mjs'

const [folder = 'screenshots', only] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
const receiver = await openReceiver()
const browser = await openBrowser()
const { views } = await furnish(receiver)
for (const [name, view] of views) {
  if (only && only !== name) continue
  const page = await browser.newPage()
  await page.goto(at(view))
  await ready(page)
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
receiver.close()
