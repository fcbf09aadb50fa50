import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync('src/styles/tokens.css', 'utf8')

function color(name: string, scheme: 0 | 1): [number, number, number] {
  const pair = new RegExp(`--aw-${name}:\\s*light-dark\\((#[0-9a-f]{6}),\\s*(#[0-9a-f]{6})\\)`).exec(css)
  const hex = pair?.[scheme + 1]
  if (!hex) throw new Error(`no token ${name}`)
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as [number, number, number]
}

const luminance = (rgb: [number, number, number]): number => {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string, scheme: 0 | 1): number {
  const [dark = 0, light = 0] = [luminance(color(a, scheme)), luminance(color(b, scheme))].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const verdicts = ['healthy', 'progressing', 'degraded', 'failed', 'suspended', 'unknown']
const text: [string, string][] = [
  ...['ink', 'ink-2', 'ink-3', 'brand-ink', ...verdicts].flatMap((ink) => ['page', 'surface', 'sunken', 'raised'].map((ground): [string, string] => [ink, ground])),
  ...verdicts.map((name): [string, string] => [name, `${name}-wash`]),
  ['ink-inv', 'brand'], ['brand-ink', 'brand-wash'],
]

test.each(text.flatMap(([ink, ground]) => [[ink, ground, 0], [ink, ground, 1]] as [string, string, 0 | 1][]))('%s on %s is at least 4.5:1 (scheme %s)', (ink, ground, scheme) => {
  expect(contrast(ink, ground, scheme)).toBeGreaterThanOrEqual(4.5)
})

test.each(['page', 'surface'].flatMap((ground) => [[ground, 0], [ground, 1]] as [string, 0 | 1][]))('edges of controls on %s are at least 3:1 (scheme %s)', (ground, scheme) => {
  expect(contrast('line-2', ground, scheme)).toBeGreaterThanOrEqual(3)
})
