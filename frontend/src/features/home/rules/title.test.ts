import { expect, test } from 'vitest'
import { attentionVerdict } from './attention'
import { homeTitle } from './title'

const none = { healthy: 0, progressing: 0, degraded: 0, failed: 0, suspended: 0, unknown: 0 }

test.each([
  [[], none, 'Nothing needs you', 'No services yet.'],
  [[], { ...none, healthy: 3 }, 'Nothing needs you', 'All 3 services are healthy.'],
  [[1], { ...none, healthy: 1, failed: 1 }, '1 thing needs you', '1 of 2 services is healthy. What needs you comes first, worst on top.'],
])('%j', (needs, counts, title, lead) => {
  expect(homeTitle({ needs_attention: needs as never[], counts })).toEqual({ title, lead })
})

test('the shape beside a line says what kind of trouble it is', () => {
  expect(attentionVerdict('service.failed')).toBe('failed')
  expect(attentionVerdict('cluster.unreachable')).toBe('unknown')
  expect(attentionVerdict('cluster.credential_expiring')).toBe('degraded')
})
