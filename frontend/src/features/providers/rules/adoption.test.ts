import type { ProviderPackage } from '../../../api/types'
import { healthCounts, healthyShare, versionBars } from './adoption'

const entry: ProviderPackage = {
  package: { name: 'kafka', title: 'Kafka' }, installs: 3, failed_operations: [],
  versions: [{ version: '2.4.1', installs: 2, health: { healthy: 1, failed: 1 } }, { version: '2.4.0', installs: 1, health: { healthy: 1 } }],
}
test('bars are relative to the most used version', () => {
  expect(versionBars(entry)).toEqual([{ version: '2.4.1', installs: 2, percent: 100, healthy: 1 }, { version: '2.4.0', installs: 1, percent: 50, healthy: 1 }])
})
test('health is counted over all versions, worst first', () => {
  expect(healthCounts(entry)).toEqual([{ verdict: 'failed', count: 1 }, { verdict: 'healthy', count: 2 }])
})
test('the share is whole only when all are healthy', () => {
  expect(healthyShare(entry)).toEqual({ percent: 66, text: '2 of 3' })
  expect(healthyShare({ ...entry, installs: 0 })).toBeNull()
})
