import { expect, test } from 'vitest'
import { kubernetesWords, needsOf } from './needs'

test.each([['>=1.29.0-0', '1.29 or newer'], ['>=1.30', '1.30 or newer'], ['>=1.29.0-0 <1.33.0-0', '>=1.29.0 <1.33.0']])('%s reads %s', (range, words) => {
  expect(kubernetesWords(range)).toBe(words)
})

test('needs are said in words', () => {
  expect(needsOf({ kubernetes: '>=1.29.0-0', storage: true, gpu: 1 })).toEqual([
    { name: 'Kubernetes', value: '1.29 or newer' }, { name: 'Storage', value: 'a storage class' }, { name: 'Gpu', value: '1' }, { name: 'Rights', value: 'one namespace' },
  ])
})
