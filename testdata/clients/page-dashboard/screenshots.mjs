// Takes a picture of every view in every state, at the widths of a phone and of a desk, light and dark.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node screenshots.mjs <folder> [state]

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { furnished, openBrowser, openReceiver } from './desk.mjs'
import { states } from './states.mjs'

const [folder = 'screenshots', only] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
const receiver = await openReceiver()
const browser = await openBrowser()
const desk = await furnished(receiver)
for (const [name, open, options] of states(desk)) {
  if (only && only !== name) continue
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await open(page)
  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    }
  }
  await context.close()
  console.log(name)
}
await browser.close()
receiver.close()
