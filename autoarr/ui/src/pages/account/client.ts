import { ACCOUNT } from './texts.ts'

/** Words of a browser's or program's own description, the telling ones first: others claim to be Chrome or Safari too. */
const PROGRAMS: ReadonlyArray<readonly [sign: RegExp, name: string]> = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Headless)?(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^python-/, 'Python'],
]

const SYSTEMS: ReadonlyArray<readonly [sign: RegExp, name: string]> = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** What a login was made with, from how it describes itself (User-Agent); its own words where they tell nothing. */
export function describeClient(described: string): string {
  const say = ACCOUNT.sessions
  const program = PROGRAMS.find(([sign]) => sign.test(described))?.[1]
  const system = SYSTEMS.find(([sign]) => sign.test(described))?.[1]
  if (program === undefined) {
    return described.trim().slice(0, 80) || say.unknownClient
  }
  return system === undefined ? program : say.clientOn(program, system)
}
