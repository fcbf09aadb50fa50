import { expect, test } from 'vitest'
import { age, ago, amounts, bytes, cores, count, duration, moment } from './format'

const now = Date.parse('2026-11-21T14:30:00')

test.each([[41, '41 s'], [130, '2 min 10 s'], [900, '15 min'], [3900, '1 h 5 min'], [90_000, '1 day'], [260_000, '3 days'], [-3, '0 s']])('%s seconds last %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})
test.each([[5, '5 s'], [1080, '18 min'], [7300, '2 h']])('an age of %s seconds is %s', (seconds, words) => expect(age(seconds)).toBe(words))
test('ages up to 7 days, then dates', () => {
  expect(ago('2026-11-21T14:29:58', now)).toBe('just now')
  expect(ago('2026-11-19T14:30:00', now)).toBe('2 days ago')
  expect(ago('2026-10-01T14:30:00', now)).toBe('1 Oct')
})
test('today is a time, this year a day, else with the year', () => {
  expect(moment('2026-11-21T14:02:09', now)).toBe('14:02')
  expect(moment('2026-11-12T09:00:00', now)).toBe('12 Nov')
  expect(moment('2025-11-12T09:00:00', now)).toBe('12 Nov 2025')
})
test.each([[268435456, '256 MiB'], [8388608000, '7.8 GiB'], [5368709120, '5 GiB'], [0, '0 B']])('%s bytes are %s', (amount, words) => expect(bytes(amount)).toBe(words))
test.each([[0.25, '0.25 cores'], [1, '1 core'], [12.55, '12.5 cores']])('%s is %s', (amount, words) => expect(cores(amount)).toBe(words))
test.each([
  [{ cpu: 0.1, memory: 268435456, storage: 0 }, { cpu: '0.1 cores', memory: '256 MiB', disk: 'none' }],
  [{ cpu: 0, memory: 0, storage: 0 }, { cpu: '–', memory: '–', disk: '–' }],
  [null, { cpu: '–', memory: '–', disk: '–' }],
])('a plan that asks for %o', (requests, said) => expect(amounts(requests)).toEqual(said))
test('counts have their noun', () => {
  expect(count(1, 'pod')).toBe('1 pod')
  expect(count(2, 'entry', 'entries')).toBe('2 entries')
})
