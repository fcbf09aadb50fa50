import { costSentence, lagWords, nodeWords } from './nodes'

test.each([
  [null, ''],
  [{ value: 0, unit: 'bytes' }, 'up to date'],
  [{ value: 5_242_880, unit: 'bytes' }, '5 MiB behind'],
  [{ value: 1, unit: 'seconds' }, '1 second behind'],
  [{ value: 1234.56, unit: 'records' }, '1,234.6 records behind'],
] as const)('how far behind: %o', (lag, words) => {
  expect(lagWords(lag)).toBe(words)
})

test('a node says its role and lag, or why it does not', () => {
  expect(nodeWords({ role: 'leader', lag: { value: 0, unit: 'seconds' }, problem: '' })).toBe('leader · up to date')
  expect(nodeWords({ role: null, lag: null, problem: 'It does not run.' })).toBe('It does not run.')
  expect(nodeWords(undefined)).toBe('')
})

test('what a service asks for is one sentence', () => {
  expect(costSentence([{ unit: 'cpu', each: '1', times: 3 }, { unit: 'memory', each: '4 GiB', times: 3 }, { unit: 'disk', each: '100 GiB', times: 3 }])).toBe('Asks for 3 × 1 CPU, 3 × 4 GiB memory, 3 × 100 GiB disk')
  expect(costSentence([{ unit: 'cpu', each: '0.5', times: 1 }, { unit: 'memory', each: '1 GiB', times: 2 }])).toBe('Asks for 0.5 CPU, 2 × 1 GiB memory')
  expect(costSentence([{ unit: 'cpu', each: '0.5', times: 1 }, { unit: 'memory', each: '1 GiB', times: 1 }, { unit: 'cpu', each: '0.25', times: 3 }])).toBe('Asks for 0.5 + 3 × 0.25 CPU, 1 GiB memory')
  expect(costSentence([])).toBe('')
})
